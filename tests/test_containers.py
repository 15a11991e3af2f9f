"""The compose file as docker-compose reads it; the image's commands and health checks outside a container."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import make_url

from tests.services import require_service

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = ROOT / "docker-compose.yml"
SECRETS = {"POSTGRES_PASSWORD": "p w'd$", "RISKMAP_ACCESS_KEYS": "tester:0123456789abcdef0123"}


def image_command(instruction: str) -> list[str]:
    """Return the last ``CMD [...]`` or ``HEALTHCHECK … CMD [...]`` of the Dockerfile."""
    pattern = {"CMD": r"^CMD (\[.*\])$", "HEALTHCHECK": r"^HEALTHCHECK .*CMD (\[.*\])$"}[instruction]
    return json.loads(re.findall(pattern, DOCKERFILE, flags=re.MULTILINE)[-1])


@pytest.fixture(scope="module")
def compose_config(tmp_path_factory):
    """Run ``docker-compose config`` with the given variables and no others."""
    command = shutil.which("docker-compose")
    require_service(command, "docker-compose")
    no_variables = tmp_path_factory.mktemp("compose") / "empty.env"
    no_variables.touch()

    def run_config(**variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command, "--env-file", no_variables, "--file", COMPOSE, "config"],
            env={"PATH": os.environ["PATH"], **variables},
            text=True,
            capture_output=True,
            check=False,
        )

    return run_config


@pytest.fixture(scope="module")
def services(compose_config) -> dict[str, dict]:
    finished = compose_config(**SECRETS)
    assert finished.returncode == 0, finished.stderr
    return yaml.safe_load(finished.stdout)["services"]


@pytest.mark.parametrize("secret", SECRETS)
def test_compose_refuses_to_start_without_a_secret(compose_config, secret):
    finished = compose_config(**{name: value for name, value in SECRETS.items() if name != secret})
    assert finished.returncode != 0
    assert secret in finished.stderr


def test_compose_app_waits_for_a_healthy_database(services):
    assert services["app"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert services["db"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]


def test_compose_app_may_write_to_its_volume_only(services):
    app = services["app"]
    assert app["read_only"] is True
    assert app["cap_drop"] == ["ALL"]
    assert app["tmpfs"] == ["/tmp"]
    assert [volume.split(":")[1] for volume in app["volumes"]] == ["/var/lib/riskmap"]


def test_compose_publishes_on_loopback_and_hides_the_database(services):
    assert services["app"]["ports"] == ["127.0.0.1:8000:8000/tcp"]
    assert "ports" not in services["db"]
    assert list(services["db"]["networks"]) == ["inner"]


def test_compose_password_is_not_part_of_an_address(services):
    assert services["app"]["environment"]["RISKMAP_DATABASE_URL"].count("@") == 1
    assert "p w" not in services["app"]["environment"]["RISKMAP_DATABASE_URL"]
    assert services["app"]["environment"]["PGPASSWORD"].replace("$$", "$") == SECRETS["POSTGRES_PASSWORD"]


def test_compose_file_holds_no_secret():
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"].values()
    variables = [pair for service in services for pair in service["environment"].items()]
    secrets = {name: value for name, value in variables if re.search("PASSWORD|KEY", name)}
    assert {"POSTGRES_PASSWORD", "PGPASSWORD", "RISKMAP_ACCESS_KEYS"} <= secrets.keys()
    assert all(value is None or re.fullmatch(r"\$\{\w+:\?[^}]*\}", value) for value in secrets.values())


@pytest.fixture(scope="module")
def cluster(compose_config) -> dict[str, dict]:
    finished = compose_config(**SECRETS, COMPOSE_PROFILES="cluster")
    assert finished.returncode == 0, finished.stderr
    return yaml.safe_load(finished.stdout)["services"]


def test_compose_cluster_is_asked_for_and_reached_from_inside_only(cluster):
    for name in ("scheduler", "worker"):
        service = cluster[name]
        assert service["profiles"] == ["cluster"]
        assert "ports" not in service
        assert list(service["networks"]) == ["inner"]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert (ROOT / service["build"]["args"]["REQUIREMENTS"]).exists()
    assert cluster["worker"]["depends_on"] == {"scheduler": {"condition": "service_healthy"}}


def test_cluster_commands_make_a_cluster_and_its_health_check_sees_it(cluster, image_environment, tmp_path):
    distributed = pytest.importorskip("distributed")
    port = image_environment["RISKMAP_PORT"]

    def localise(part: str) -> str:
        here = part.replace("0.0.0.0", "127.0.0.1").replace("//scheduler:", "//127.0.0.1:")
        return here.replace("8786", port).replace("=/tmp", f"={tmp_path}")

    commands = [[localise(part) for part in cluster[name]["command"]] for name in ("scheduler", "worker")]
    check = [localise(part) for part in cluster["scheduler"]["healthcheck"]["test"][1:]]
    with (tmp_path / "log").open("w") as log:
        processes = [
            subprocess.Popen(command, env=image_environment, cwd=tmp_path, stdout=log, stderr=log)
            for command in commands
        ]
        try:
            with distributed.Client(f"tcp://127.0.0.1:{port}", timeout=60) as client:
                client.wait_for_workers(1, timeout=60)
                assert subprocess.run(check, env=image_environment, check=False).returncode == 0
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(timeout=30)


def test_dockerfile_names_no_secret():
    assert not re.search("PASSWORD|ACCESS_KEYS=|_KEY=|TOKEN", DOCKERFILE)


def test_image_pins_its_base_and_leaves_root():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"[a-z/]+:[0-9][\w.-]+", base) for base in bases)
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.findall(r"^USER (\S+)", last_stage, flags=re.MULTILINE) == ["riskmap"]


def test_image_copies_what_the_build_needs():
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert all((ROOT / name).exists() for name in allowed)
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M) for name in line.split()
    }
    assert copied - {"."} <= set(allowed)


@pytest.fixture
def image_environment(tmp_path) -> dict[str, str]:
    """Environment of the image on this machine: its ENV lines, the tests' programs, a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "RISKMAP_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }


def test_image_command_without_keys_refuses_to_listen(image_environment, tmp_path):
    finished = subprocess.run(
        image_command("CMD"),
        env=image_environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert finished.returncode == 2
    assert "RISKMAP_ACCESS_KEYS" in finished.stderr + finished.stdout


def test_image_command_serves_and_its_health_check_sees_it(image_environment, tmp_path):
    environment = image_environment | {"RISKMAP_ACCESS_KEYS": SECRETS["RISKMAP_ACCESS_KEYS"]}
    # Outside a container nothing may listen beyond loopback.
    command = [part.replace("0.0.0.0", "127.0.0.1") for part in image_command("CMD")]
    log = tmp_path / "log"
    with log.open("w") as output:
        server = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=output, stderr=output)
    try:
        assert wait_until_healthy(environment, server), log.read_text()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    assert check_health(environment).returncode != 0


def wait_until_healthy(environment: dict[str, str], server: subprocess.Popen[bytes]) -> bool:
    """Repeat the health check until it passes, the server ends or three minutes are over."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        if check_health(environment).returncode == 0:
            return True
        time.sleep(0.3)
    return False


def check_health(environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run the image's health check once."""
    return subprocess.run(image_command("HEALTHCHECK"), env=environment, capture_output=True, check=False)


def test_database_health_check_tells_running_from_stopped(services):
    require_service(os.environ.get("RISKMAP_TEST_POSTGIS_URL"), "RISKMAP_TEST_POSTGIS_URL")
    require_service(shutil.which("pg_isready"), "pg_isready")
    url = make_url(os.environ["RISKMAP_TEST_POSTGIS_URL"])
    command = [
        part.replace("127.0.0.1", url.host or "127.0.0.1")
        for part in services["db"]["healthcheck"]["test"][1:]
    ]
    running = os.environ | {"PGPORT": str(url.port or 5432)}
    assert subprocess.run(command, env=running, check=False).returncode == 0
    assert subprocess.run(command, env=running | {"PGPORT": "1"}, check=False).returncode != 0
