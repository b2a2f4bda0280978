"""Healing: what is kept is put back, what is sick is replaced, what is full is relieved.

observe --> compare --> plan --> guard --> act --> verify --> record --> tell

resource, observed    what there should be, and what was found
desired               the document that Terraform writes, read and checked
kinds/                each kind of resource: its fields, whose they are, what puts it back
compare, plan         what differs; what would be done about it, with reasons
guards, history       what may be done now, from what was done before
members, recovery     who of the fleet is sick, and what is done about it
pressure, caring      who bears far more than its peers; the database
run                   one run, whichever door it came through
ports                 the world, the ledger, the messenger and the clock, as Protocols
keeping, reading      the record in the shop's own database, for pages

All but the last line use the standard library alone: the function on AWS carries nothing else.
"""
