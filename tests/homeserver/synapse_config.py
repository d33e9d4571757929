"""The configuration of the Synapse that the fixture runs: small, quick, on loopback alone, and changed by deep merge."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from certificates import Certificates
from loopback import HOST

Config = dict[str, Any]

LOG_NAME = "homeserver.log"


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Config:
    """The base with the changes laid over it, object by object. A change to None removes the key."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            old = merged.get(key)
            merged[key] = merge(old if isinstance(old, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def default_config(folder: Path, smtp_port: int) -> Config:
    """Everything but the address: secrets of its own, SQLite in the folder, mail to that port, no limits that bite."""
    return {
        "server_name": "localhost",
        "signing_key": f"ed25519 a_test {_base64(secrets.token_bytes(32))}",
        "registration_shared_secret": secrets.token_urlsafe(24),
        "macaroon_secret_key": secrets.token_urlsafe(24),
        "form_secret": secrets.token_urlsafe(24),
        "database": {
            "name": "sqlite3",
            "args": {"database": str(folder / "homeserver.db")},
        },
        "media_store_path": str(folder / "media"),
        "pid_file": str(folder / "homeserver.pid"),
        "log_config": str(folder / "log.yaml"),
        "report_stats": False,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "use_presence": False,
        "bcrypt_rounds": 4,
        "email": {
            "smtp_host": HOST,
            "smtp_port": smtp_port,
            "enable_tls": False,
            "notif_from": "The test homeserver <noreply@localhost>",
        },
        **_generous_limits(),
    }


def address_config(port: int, certificates: Certificates | None) -> Config:
    """Where the server listens, and the address it puts into the mails."""
    scheme = "https" if certificates else "http"
    listener = {
        "type": "http",
        "port": port,
        "bind_addresses": [HOST],
        "tls": certificates is not None,
        "resources": [{"names": ["client"]}],
    }
    config: Config = {
        "public_baseurl": f"{scheme}://{HOST}:{port}/",
        "listeners": [listener],
    }
    if certificates:
        config["tls_certificate_path"] = str(certificates.cert)
        config["tls_private_key_path"] = str(certificates.key)
    return config


def log_config(folder: Path) -> Config:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
        },
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "filename": str(folder / LOG_NAME),
                "formatter": "plain",
            }
        },
        "root": {"level": "INFO", "handlers": ["file"]},
    }


def _generous_limits() -> Config:
    plenty = {"per_second": 10_000, "burst_count": 10_000}
    return {
        "rc_login": {"address": plenty, "account": plenty, "failed_attempts": plenty},
        "rc_registration": plenty,
        "rc_message": plenty,
        "rc_3pid_validation": plenty,
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()
