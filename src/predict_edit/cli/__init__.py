"""What a person does at a terminal: preview, edit and page, without any host of pull requests."""
