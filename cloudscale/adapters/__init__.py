"""The outside world behind our Protocols: the only users of boto3 and psutil."""
