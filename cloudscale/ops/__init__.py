"""The rules of running the shop: measuring, and later scaling and healing. No reflex, no boto3."""
