"""What EventBridge hands to the healer's function, in the shapes that AWS documents.

Source: Amazon EventBridge, EC2, Auto Scaling and CloudWatch user guides, "event examples".
"""

from typing import Any

HEAD: dict[str, Any] = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "account": "123456789012",
    "time": "2026-11-26T22:30:00Z",
    "region": "ap-south-1",
    "resources": [],
}
GROUP = "cloudscale-test-fleet"
MEMBER = "i-0123456789abcdef0"

SCHEDULE: dict[str, Any] = {
    **HEAD,
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "resources": ["arn:aws:events:ap-south-1:123456789012:rule/cloudscale-test-healer"],
    "detail": {},
}

STATE_CHANGE: dict[str, Any] = {
    **HEAD,
    "source": "aws.ec2",
    "detail-type": "EC2 Instance State-change Notification",
    "resources": [f"arn:aws:ec2:ap-south-1:123456789012:instance/{MEMBER}"],
    "detail": {"instance-id": MEMBER, "state": "stopped"},
}

TERMINATED: dict[str, Any] = {
    **HEAD,
    "source": "aws.autoscaling",
    "detail-type": "EC2 Instance Terminate Successful",
    "resources": [
        "arn:aws:autoscaling:ap-south-1:123456789012:autoScalingGroup:"
        f"eb56d16b-bbf0-401d-b893-d5978ed4a025:autoScalingGroupName/{GROUP}",
        f"arn:aws:ec2:ap-south-1:123456789012:instance/{MEMBER}",
    ],
    "detail": {
        "StatusCode": "InProgress",
        "Description": f"Terminating EC2 instance: {MEMBER}",
        "AutoScalingGroupName": GROUP,
        "ActivityId": "87654321-4321-4321-4321-210987654321",
        "Details": {"Availability Zone": "ap-south-1a", "Subnet ID": "subnet-12345678"},
        "RequestId": "12345678-1234-1234-1234-123456789012",
        "StatusMessage": "",
        "EndTime": "2026-11-26T22:29:58Z",
        "EC2InstanceId": MEMBER,
        "StartTime": "2026-11-26T22:29:40Z",
        "Cause": "At 2026-11-26T22:29:39Z an instance was taken out of service in response to "
        "an EC2 health check indicating it has been terminated or stopped.",
    },
}

ALARM: dict[str, Any] = {
    **HEAD,
    "source": "aws.cloudwatch",
    "detail-type": "CloudWatch Alarm State Change",
    "resources": ["arn:aws:cloudwatch:ap-south-1:123456789012:alarm:cloudscale-test-unhealthy"],
    "detail": {
        "alarmName": "cloudscale-test-unhealthy",
        "state": {
            "value": "ALARM",
            "reason": "Threshold Crossed: 1 out of the last 1 datapoints [1.0] was greater.",
            "reasonData": '{"version":"1.0","threshold":0.0}',
            "timestamp": "2026-11-26T22:29:59.000+0000",
        },
        "previousState": {
            "value": "OK",
            "reason": "Threshold Crossed: no datapoint was greater.",
            "timestamp": "2026-11-26T22:20:59.000+0000",
        },
        "configuration": {
            "metrics": [
                {
                    "id": "m1",
                    "metricStat": {
                        "metric": {
                            "namespace": "AWS/ApplicationELB",
                            "name": "UnHealthyHostCount",
                            "dimensions": {"TargetGroup": "targetgroup/shop/73e2d6bc24d8a067"},
                        },
                        "period": 60,
                        "stat": "Maximum",
                    },
                    "returnData": True,
                }
            ]
        },
    },
}

EVENTS: dict[str, dict[str, Any]] = {
    "schedule": SCHEDULE,
    "state-change": STATE_CHANGE,
    "terminated": TERMINATED,
    "alarm": ALARM,
}
"""All of them, by what they tell."""
