"""Credentials that a candidate adds, and what only looks like one."""

from __future__ import annotations

import pytest

from gatekeeper.domain import Level
from gatekeeper.guards.secrets import no_secrets
from tests.support.trees import candidate, tree

RANDOM = "k9Xq2Lm7" + "Rt4Vb8Nw3Zc6"  # in halves, so that no scanner takes this file for a leak
HEX = "9f86d081884c7d65" + "9a2feaa0c55ad015"
GITLAB = "glpat-" + "x8Kd92mQpL4vR7wZt3Yb"
GITHUB = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
AWS = "AKIA" + "Q3EGRZ7XKPL2MNVB"
OPENAI = "sk-proj-" + "Zx8Kd92mQpL4vR7wZt3YbQ1"
STRIPE = "sk_live_" + "51HfT9kLz2QwErTyUiOp"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiI0MiJ9" + ".c2lnbmF0dXJlLWhlcmU"
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
PEM = f"-----BEGIN PRIVATE KEY-----\n{BODY}\n{BODY}\n-----END PRIVATE KEY-----"

SECRETS = [
    ("shop/a.py", f'TOKEN = "{GITLAB}"'),
    ("shop/a.py", f'x = fetch("{GITHUB}")'),
    ("shop/a.py", f"client(aws_id='{AWS}')"),
    ("shop/a.py", f'openai.api_key = "{OPENAI}"'),
    ("shop/a.py", f'pay("{STRIPE}")'),
    ("shop/a.py", f'KEY = """{PEM}"""'),
    ("deploy/id_rsa", PEM.replace("PRIVATE", "RSA PRIVATE")),
    ("shop/a.py", f"# {JWT}"),
    ("README.md", f"Use {GITLAB} to log in."),
    ("shop/a.py", 'URL = "postgres://shop:Tr0ub4dor9@db.internal/shop"'),
    ("shop/a.js", f"fetch(url, {{headers: {{'Authorization': 'Bearer {RANDOM}'}}}})"),
    ("shop/a.py", f'API_TOKEN = "{RANDOM}"'),
    ("shop/a.py", 'password = "Tr0ub4dor&3x"'),
    ("shop/a.py", 'connect(user="shop", password="hunter2secure9")'),
    ("shop/a.py", f'token = os.environ.get("SHOP_TOKEN", "{RANDOM}")'),
    ("shop/a.py", f'ACCESS_KEY: str = "{RANDOM}"'),
    ("shop/a.py", f'settings["secret_key"] = "{HEX}"'),
    ("src/a.ts", f"const apiKey = '{RANDOM}';"),
    ("src/a.ts", f"export const config = {{ clientSecret: `{RANDOM}` }}"),
    ("src/A.java", f'private static final String API_KEY = "{RANDOM}";'),
    ("a.go", f'apiToken := "{RANDOM}"'),
    ("src/a.rs", f'const AUTH_KEY: &str = "{RANDOM}";'),
    ("a.rb", f"config.secret_key = '{HEX}'"),
    ("a.php", f"'password' => 'Xk29vQm81z',  // {0}"),
    ("config/app.yml", "db_password: Xk29vQm81z"),
    ("app.properties", f"mail.secret={HEX}"),
    ("deploy.sh", f"export DEPLOY_TOKEN={RANDOM}"),
    ("config.json", f'{{"client_secret": "{RANDOM}"}}'),
    ("app.config", "<password>Xk29vQm81z</password>"),
]  # fmt: skip

HONEST = [
    ("shop/a.py", 'TOKEN = os.environ["SHOP_TOKEN"]'),
    ("shop/a.py", 'token = settings.get("api_token")'),
    ("shop/a.py", 'password = "changeme-please1"'),
    ("shop/a.py", 'PASSWORD = "your-password-here1"'),
    ("shop/a.py", 'password_field = "user_password_2"'),
    ("shop/a.py", 'PASSWORD = "password"'),
    ("shop/a.py", 'token = "identifier"'),
    ("shop/a.py", 'token == "k9Xq2Lm7Rt4Vb8Nw3"'),
    ("shop/a.py", 'TOKEN_TYPE = "urn:ietf:params:oauth:token-type:jwt2"'),
    ("shop/a.py", 'cache_key = "user_profile_v2_2024"'),
    ("shop/a.py", 'key = "userPreferencesV2Cache"'),
    ("shop/a.py", 'key = "X-Request-Id-2"'),
    ("shop/a.py", 'primary_key = "order_id_1"'),
    ("shop/a.py", f'PUBLIC_KEY = "{RANDOM}"'),
    ("shop/a.py", f'password_hash = "{HEX}"'),
    ("shop/a.py", f'COMMIT = "{HEX}"'),
    ("shop/a.py", 'if text.startswith("-----BEGIN PRIVATE KEY-----"):'),
    ("shop/a.py", 'KEY_ID = "AKIAIOSFODNN7EXAMPLE"'),
    ("shop/a.py", 'headers = {"Authorization": f"Bearer {token}"}'),
    ("shop/a.py", 'headers["Authorization"] = "Bearer " + self.token_v2'),
    ("shop/a.js", "'Authorization': authHeaderForUser2(user)"),
    ("shop/a.py", 'URL = "postgres://user:password@localhost/db"'),
    ("shop/a.py", 'URL = f"postgres://{user}:{password}@{host}/db"'),
    ("compose.env", "DB_URL=postgres://shop:${DB_PASSWORD}@db/shop"),
    ("shop/a.py", 'EMAIL = "https://someone@example.org"'),
    ("config/app.yml", "db_password: ${DB_PASSWORD}"),
    ("config/app.yml", "password: !vault secret/db1"),
    ("config/app.yml", "secretName: shop-db-credentials-v2"),
    ("deploy.sh", "export DEPLOY_TOKEN=$1"),
    ("deploy.sh", 'TOKEN="$(cat /run/secrets/token1)"'),
    ("src/a.ts", "const tokenPattern = '[A-Za-z0-9]{20,40}';"),
    ("src/a.ts", "const AUTH_KEY = 'auth.session.v2';"),
    ("src/A.java", 'String passwordLabel = "Enter password (8-20 characters)";'),
    ("src/A.java", 'throw new Error("password: must have 8 characters");'),
    ("a.go", 'token := r.Header.Get("X-Token-2")'),
    ("shop/a.py", 'password = getpass("Password: ")'),
    ("shop/a.py", 'auth = "digest_sha256"'),
    ("shop/a.py", 'secret_path = "/run/secrets/db_2"'),
    ("tests/test_a.py", f'TOKEN = "{GITLAB}"'),
    ("shop/a.py", 'token = "sk-test-00000000000000000000"'),
]  # fmt: skip


def lines(path: str, before: str, after: str) -> list[int | None]:
    old, new = tree({path: before} if before else {}), tree({path: after})
    findings = list(no_secrets()(candidate(old, new), old, new))
    for finding in findings:
        assert (finding.guard, finding.level, finding.path) == ("secrets", Level.BLOCK, path)
        values = (
            RANDOM,
            HEX,
            GITLAB,
            GITHUB,
            AWS,
            OPENAI,
            STRIPE,
            JWT,
            BODY,
            "Tr0ub4dor",
            "Xk29vQm81z",
        )
        assert not any(value in finding.message for value in values)
    return [finding.line for finding in findings]


@pytest.mark.parametrize(("path", "text"), SECRETS)
def test_an_added_credential_is_found(path: str, text: str) -> None:
    """The finding names the line, never the value, in a new file and in an old one."""
    assert lines(path, "", f"first\n{text}\n") == [2]
    assert lines(path, "first\nlast\n", f"first\n{text}\nlast\n") == [2]


@pytest.mark.parametrize(("path", "text"), HONEST)
def test_what_only_looks_like_one_is_free(path: str, text: str) -> None:
    """Placeholders, labels, look-ups, public values and test doubles are no finding."""
    assert lines(path, "", f"first\n{text}\n") == []


def test_what_was_there_is_free() -> None:
    """A credential that moves or whose line is otherwise changed is not the candidate's."""
    old = f'TOKEN = "{GITLAB}"\nx = 1\n'
    assert lines("a.py", old, f'x = 2\nif x:\n    TOKEN = "{GITLAB}"\n') == []
    assert lines("a.py", old, f'TOKEN = os.environ.get("T") or "{GITLAB}"\nx = 1\n') == []


def test_an_exchanged_credential_is_found() -> None:
    """Another value under the old name is a new credential."""
    assert lines("a.py", f'API_TOKEN = "{HEX}"\n', f'API_TOKEN = "{RANDOM}"\n') == [1]
