"""An authenticator app for tests: it shows the code of a key at a time."""

import base64
import hashlib
import hmac
import struct
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import AbstractBaseUser


def code(secret: str) -> str:
    """Return the six digits that an app shows now (RFC 6238)."""
    moment = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), moment, hashlib.sha1).digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


def with_second_factor(user: AbstractBaseUser) -> str:
    """Set up a second factor for the person; return its key."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def recovery_code(user: AbstractBaseUser) -> str:
    """Return one of the person's unused recovery codes."""
    kept = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return str(kept.wrap().get_unused_codes()[0])
