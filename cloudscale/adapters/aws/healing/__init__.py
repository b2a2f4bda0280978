"""Healing on AWS: what is read there, what is called, and where the record is kept.

calls       every API call: counted, and refusals in words
observing/  each kind's observer; members and the database
world       all of it together, as healing's World
source      the desired document and the switches     ledger      the record and the lock (DynamoDB)
acting      which calls may change something          messenger   SNS

It runs in a function that carries nothing but this package and what AWS lends: boto3.
"""
