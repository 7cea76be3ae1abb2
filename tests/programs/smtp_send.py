"""Sends one message of some size with smtplib."""

import smtplib
import sys
from email.message import EmailMessage
from hashlib import sha256

message = EmailMessage()
message["Subject"] = "greetings"
message["From"] = "sender@example.org"
message["To"] = "receiver@example.org"
message.set_content("\n".join(f"line {number}" for number in range(20_000)))
sent = message.as_bytes().replace(b"\n", b"\r\n")

with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), local_hostname="localhost", timeout=20) as smtp:
    print("sockets from", type(smtp.sock).__module__)
    refused = smtp.send_message(message)
print("refused", len(refused))
print("digest", sha256(sent).hexdigest())
