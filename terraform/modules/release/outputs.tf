output "bucket" {
  description = "The bucket's name."
  value       = aws_s3_bucket.this.bucket
}

output "desired" {
  description = "The bucket as it is wanted, for the healer's document."

  value = [
    {
      kind    = "bucket", name = "releases", id = aws_s3_bucket.this.id
      address = "aws_s3_bucket.this"
      fields = {
        policy              = local.bucket_policy
        public_access_block = { block_acls = true, ignore_acls = true, block_policy = true, restrict_buckets = true }
        encryption          = { algorithm = "aws:kms", key = var.kms_key_arn }
        versioning          = "Enabled"
      }
    },
  ]
}
