# What the healer keeps as it is here: that it is there. Nobody but servers reads what it holds.

output "desired" {
  description = "The secret as it is wanted, for the healer's document."

  value = [
    {
      kind    = "secret", name = element(split("/", var.name), -1), id = aws_secretsmanager_secret.this.arn
      address = "aws_secretsmanager_secret.this"
      fields  = { is_there = true, key = var.kms_key_arn, tags = aws_secretsmanager_secret.this.tags_all }
    },
  ]
}
