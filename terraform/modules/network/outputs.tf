output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "The network's addresses."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Public subnets in the order of the zones."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Private subnets in the order of the zones."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]

  # Who boots in one needs the way out from its first second on.
  depends_on = [aws_route.to_nat, aws_route_table_association.private, aws_route.to_internet, aws_route_table_association.public]
}

output "private_subnet_cidrs" {
  description = "The private subnets' addresses in the order of the zones."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].cidr_block]
}

output "nat_gateway_ids" {
  description = "NAT gateways by zone."
  value       = { for zone, gateway in aws_nat_gateway.this : zone => gateway.id }
}
