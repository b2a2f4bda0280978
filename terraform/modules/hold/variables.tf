variable "name" {
  description = "The stack's name."
  type        = string
}

variable "change" {
  description = "Names the state of all inputs; another one begins a hold."
  type        = string
}

variable "minutes" {
  description = "So long the healer only looks, if the apply does not end before."
  type        = number
}
