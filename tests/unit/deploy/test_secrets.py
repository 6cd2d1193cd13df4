"""The demo's secret files: what the services read, and nobody else."""

import shutil
import stat
from pathlib import Path

import pytest

from chassis.passwords import HASHER
from contacts.settings import Settings as Contacts
from deploy.local import people, secrets
from deploy.local.roster import FILES
from device_admin.settings import Settings as DeviceAdmin
from mobile_platform.settings import Settings as MobilePlatform
from push_registry.settings import Settings as PushRegistry


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return secrets.write(tmp_path_factory.mktemp("stack") / "secrets")


def given(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], service: str) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    for name in FILES[service]:
        monkeypatch.setenv(name, variables[name])


def test_push_registry_and_mobile_platform_share_the_key_of_their_digests(
    monkeypatch: pytest.MonkeyPatch, written: dict[str, str]
) -> None:
    given(monkeypatch, written, "push-registry")
    assert PushRegistry.from_env().applications == {"myapp": "myruntime"}
    given(monkeypatch, written, "mobile-platform")
    assert len(MobilePlatform.from_env().catalogue.backends) == 1


def test_device_admin_can_sign_and_knows_its_people(monkeypatch: pytest.MonkeyPatch, written: dict[str, str]) -> None:
    given(monkeypatch, written, "device-admin")
    monkeypatch.setenv("TOKEN_ISSUER", "issuer")
    monkeypatch.setenv("TOKEN_AUDIENCE", "audience")
    settings = DeviceAdmin.from_env()
    assert settings.signing_keys[0].is_private
    assert settings.users
    name, password = people.credentials()["operator"]
    assert HASHER.verify(settings.users[name].password_hash, password)
    assert settings.users[name].roles == {"mfpoperator"}


def test_contacts_has_the_demo_list(monkeypatch: pytest.MonkeyPatch, written: dict[str, str]) -> None:
    given(monkeypatch, written, "contacts")
    demo = Contacts.from_env().catalogue.contact_lists[3]
    assert [*demo.fields] == ["ReferanceAccountId", "Email", "Mobile", "FirstName"]
    assert demo.on_status == {"LOST": ["SendDeviceLostAlert"], "STOLEN": ["SendDeviceLostAlert"]}


def test_only_the_owner_can_read_them(written: dict[str, str]) -> None:
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in written.values()} == {0o600}


def test_a_second_run_keeps_what_is_there_and_lets_a_container_read_it(tmp_path: Path, written: dict[str, str]) -> None:
    folder = shutil.copytree(Path(written["USERS_FILE"]).parent, tmp_path / "copy")
    before = {path.name: path.read_text() for path in folder.iterdir()}
    secrets.write(folder, shared=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
