"""What changes in the shop reaches whoever looks at it, in this process and in all others."""
