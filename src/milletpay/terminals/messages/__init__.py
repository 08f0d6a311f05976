"""The messages of terminals: ISO 8583:1987 over TCP, as docs/protocols/terminal_messages.md specifies them.

Bytes are cut into **frames**, a frame's message is taken apart into **elements** (`Plain`), its **seal** is
checked, and then it is read as what it means: a `Request`, or an `Answer`. All of it is pure.
"""
