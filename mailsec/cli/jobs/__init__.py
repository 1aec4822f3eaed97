"""What the commands do once their options are read: kept apart, so that help and completion load none of it."""
