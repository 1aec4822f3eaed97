"""What a message carries: links, forms, attachments and the members of archives, judged without running or unpacking any."""
