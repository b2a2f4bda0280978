"""A stack that is a model, for a shop without a cloud: what healing finds and mends there.

ailments      what an instance of the modelled fleet can have
stack         the resources of the model: what there should be, and what there is
interpreting  what a call would do to them
world         all of it, as healing's World

Everything that is told of it says that it is simulated.
"""
