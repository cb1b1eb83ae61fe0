"""What a project *is*: frozen values without behaviour beyond their own consistency."""
