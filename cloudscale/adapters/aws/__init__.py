"""AWS. Nothing here is imported unless CLOUD=aws, and boto3 only when it is first asked.

settings --Place--> CloudWatchSink (figures of ours), CloudWatchFigures (AWS's own), AwsFleet
"""
