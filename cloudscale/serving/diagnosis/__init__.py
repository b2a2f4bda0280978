"""`doctor`: what is wrong with a machine, a configuration or a running fleet, and how to mend it.

machine        this machine, for those who run the store from its folder
configuration  settings, of a file or of the environment, and what they lead to (reaching)
outside        a running fleet by its URL, as browsers see it
stack          a running fleet by its stack's name, as AWS sees it

each --examination--> Finding, …  --report--> words on stderr, or JSON on stdout

Nothing here changes anything.
"""
