"""Makes the large answers: a sync of 400 rooms as a homeserver writes it, and an array of strings. Each is always the same."""

from __future__ import annotations

import json
import random
from pathlib import Path

ROOMS, TIMELINE, STATE, MEMBERS = 400, 27, 31, 40
TEXT = (
    "the a room key Größe mañana 日本語 matrix bridge tomorrow thanks please see above "
    'https://example.org/a/b?c=d it\'s "quoted" line\nbreak emoji 🎉 build failed again sure'
)
WORDS = TEXT.split(" ")
Event = dict[str, object]


class Writer:
    """Writes events of one sync, all from one seed."""

    def __init__(self) -> None:
        self.random = random.Random(1)
        self.time = 1_790_000_000_000

    def text(self, length: int) -> str:
        letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
        return "".join(self.random.choices(letters, k=length))

    def sentence(self) -> str:
        return " ".join(self.random.choices(WORDS, k=self.random.randint(3, 30)))

    def event(self, kind: str, sender: str, content: Event) -> Event:
        self.time += self.random.randint(1, 60_000)
        return {
            "content": content,
            "event_id": f"${self.text(43)}",
            "origin_server_ts": self.time,
            "sender": sender,
            "type": kind,
            "unsigned": {"age": self.random.randint(1, 10**9)},
        }

    def member(self, user: str) -> Event:
        content: Event = {
            "avatar_url": f"mxc://example.org/{self.text(24)}",
            "displayname": self.sentence()[:24],
            "membership": "join",
        }
        return {**self.event("m.room.member", user, content), "state_key": user}

    def message(self, user: str) -> Event:
        body = self.sentence()
        if self.random.random() < 0.4:
            return self.event("m.room.encrypted", user, self.encrypted())
        content: Event = {"body": body, "msgtype": "m.text", "m.mentions": {}}
        if self.random.random() < 0.3:
            content["format"] = "org.matrix.custom.html"
            content["formatted_body"] = f"<p>{body}</p>"
        if self.random.random() < 0.1:
            size = {"h": 1080, "w": 1920, "size": self.random.randint(1, 10**7)}
            content["info"] = {**size, "mimetype": "image/jpeg", "ratio": 1.7778}
        return self.event("m.room.message", user, content)

    def encrypted(self) -> Event:
        return {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": self.text(self.random.randint(200, 600)),
            "device_id": self.text(10).upper(),
            "sender_key": self.text(43),
            "session_id": self.text(43),
        }

    def room(self) -> Event:
        users = [f"@{self.text(8).lower()}:example.org" for _ in range(MEMBERS)]
        return {
            "account_data": {
                "events": [
                    {
                        "type": "m.fully_read",
                        "content": {"event_id": f"${self.text(43)}"},
                    }
                ]
            },
            "ephemeral": {
                "events": [{"type": "m.typing", "content": {"user_ids": []}}]
            },
            "state": {
                "events": [
                    self.member(user) for user in self.random.sample(users, STATE)
                ]
            },
            "summary": {
                "m.heroes": users[:5],
                "m.invited_member_count": self.random.randint(0, 9),
                "m.joined_member_count": self.random.randint(2, 9_000),
            },
            "timeline": {
                "events": [
                    self.message(self.random.choice(users)) for _ in range(TIMELINE)
                ],
                "limited": self.random.random() < 0.5,
                "prev_batch": f"t{self.text(30)}",
            },
            "unread_notifications": {
                "highlight_count": self.random.randint(0, 3),
                "notification_count": self.random.randint(0, 99),
            },
        }


def sync() -> object:
    writer = Writer()
    joined = {f"!{writer.text(18)}:example.org": writer.room() for _ in range(ROOMS)}
    return {
        "next_batch": f"s{writer.text(40)}",
        "rooms": {"join": joined, "invite": {}, "leave": {}, "knock": {}},
        "device_one_time_keys_count": {"signed_curve25519": 50},
        "presence": {"events": []},
        "to_device": {"events": []},
    }


def write(path: Path, answer: object) -> Path:
    """As Synapse writes it: compact, and UTF-8 rather than escapes."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")
    return path


def write_sync(folder: Path) -> Path:
    return write(folder / "sync.json", sync())


def write_strings(folder: Path, count: int) -> Path:
    """{"strings": [...]}, no two of them the same."""
    strings = [f"string number {number} of {count}" for number in range(count)]
    return write(folder / f"strings-{count}.json", {"strings": strings})
