"""Hashes, IDs and redaction of native events: EV-15, EV-16, ID-1, ID-5, RED-1 and RED-2 of PROTOCOL.md."""

from blake3 import blake3
from canonical import canonical

DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# RED-2: what stays of `content`, by type.
KEPT = {
    "m.guild.create": ("room_version", "root", "keys", "owner_key", "predecessor"),
    "m.channel.create": ("room_version", "guild", "kind"),
    "m.room.create": ("room_version", "root", "keys", "owner_key", "predecessor"),
    "m.room.member": ("membership", "root", "stay", "ban", "join_authorised_via"),
    "m.room.join_rules": ("join_rule",),
    "m.room.power_levels": ("users", "events", "users_default", "events_default", "state_default", "admit", "ban", "kick", "invite", "redact"),
    "m.guild.authority": ("roles",),
    "m.guild.member_roles": ("stay", "roles", "key"),
    "m.guild.channel": ("kind", "deleted"),
    "m.guild.successor": ("guild",),
    "m.channel.overwrites": ("overwrites",),
    "m.server.admission": ("root", "keys", "rank", "proof"),
    "m.server.keys": ("keys",),
    "m.room.redaction": ("redacts",),
}
CREATES = ("m.guild.create", "m.channel.create", "m.room.create")


def base58(data):
    """ID-1: a leading zero byte is a leading 1."""
    number = int.from_bytes(data, "big")
    text = ""
    while number > 0:
        number, digit = divmod(number, 58)
        text = DIGITS[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def without(event, *names):
    return {name: value for name, value in event.items() if name not in names}


def hash_of(event):
    return blake3(canonical(event).encode("utf-8"))


def redact(event):
    kept = KEPT.get(event["type"], ())
    content = {name: value for name, value in event["content"].items() if name in kept}
    return {**without(event, "unsigned"), "content": content}


def event_hash(event):
    """EV-16"""
    return hash_of(without(redact(event), "unsigned", "signatures"))


def content_fits(event):
    """EV-15"""
    return base58(hash_of(without(event, "unsigned", "signatures", "hashes"))) == event["hashes"]["blake3"]


def ids(event):
    text = base58(event_hash(event))
    creates = event["type"] in CREATES
    return {
        "event_id": "$" + text,
        # ID-5: a create event names no room; its own hash does.
        "room_id": f"!{text}:{event['origin_server']}" if creates else event["room_id"],
        "content_fits": content_fits(event),
    }
