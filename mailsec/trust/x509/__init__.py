"""X.509: certificates, and who may issue them."""
