"""What people look at: the ticket's page, its JSON and its calendar entry. Everything here is values in, `Page` out.

`visit.py` is the one thin module that loads and carries out; the rest decides and renders.
"""
