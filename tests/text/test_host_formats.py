"""Hosts in the formats of OpenSSH, Ansible and Prometheus, with names that try to be something else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from support.factories import NOON, a_host, a_snapshot

from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import Costs
from xds_tui.text import host_formats

LINUX = a_host(id="h1", name="gpu-a", os="Ubuntu Server", port=54220)
OTHER = a_host(id="h2", name="gpu-b", os="Debian", port=54221)
HOSTILE = (
    "* !x",
    "github.com",
    "a\nProxyCommand touch /tmp/x",
    "{{ lookup('pipe', 'id') }}",
    'x"} 1',
    "h1",
    "localhost",
    "-oProxyCommand=x",
    "",
)


def named(*names: str) -> list[Host]:
    return [a_host(id=f"n{number}", name=name, os="Debian") for number, name in enumerate(names)]


def test_each_host_has_a_block_with_its_own_key() -> None:
    text = host_formats.ssh_config([LINUX, OTHER, a_host(os="Windows")], NOON)
    assert text.count("\nHost ") == 2
    assert "Host gpu-b h2\n    HostName gx-xds-rdp.songmao-idc.com\n    Port 54221\n" in text
    assert set(re.findall("HostKeyAlias (.*)", text)) == {"xds-h1", "xds-h2"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_no_directive_and_no_other_machine(name: str) -> None:
    text = host_formats.ssh_config([LINUX, *named(name)], NOON)
    assert "Host n0\n" in text
    assert name == "" or name == "h1" or name not in text
    assert text.count("ProxyCommand") == 0


def test_hosts_of_one_name_are_known_by_their_ids() -> None:
    assert host_formats.aliases(named("twin", "twin", "single")) == {"n0": "n0", "n1": "n1", "n2": "single"}


@pytest.mark.skipif(shutil.which("ssh") is None, reason="no OpenSSH is installed (Debian: openssh-client)")
def test_ssh_reads_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text(host_formats.ssh_config([LINUX, OTHER, *named(*HOSTILE)], NOON))
    shown = subprocess.run(["ssh", "-G", "-F", config, "gpu-b"], capture_output=True, text=True, check=True).stdout
    assert {"hostname gx-xds-rdp.songmao-idc.com", "port 54221", "user root", "hostkeyalias xds-h2"} <= set(
        shown.splitlines()
    )
    unrelated = subprocess.run(["ssh", "-G", "-F", config, "github.com"], capture_output=True, text=True, check=True)
    assert "hostname github.com" in unrelated.stdout.splitlines()


def test_the_inventory_has_every_host_its_variables_and_groups() -> None:
    inventory = json.loads(host_formats.to_ansible([LINUX, OTHER]))
    assert inventory["all"]["hosts"] == ["gpu-a", "gpu-b"]
    assert inventory["_meta"]["hostvars"]["gpu-a"]["ansible_port"] == 54220
    assert inventory["os_linux"]["hosts"] == ["gpu-a", "gpu-b"]
    assert {"region_south", "billing_on_demand", "status_on"} <= set(inventory)
    assert inventory["_meta"]["hostvars"]["gpu-a"] == host_formats.ansible_variables(LINUX)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_variable_is_evaluated_by_ansible(name: str) -> None:
    text = host_formats.to_ansible(named(name))
    assert not re.search(r"\{[{%#]", text)
    assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", group) for group in json.loads(text))


def test_metrics_have_every_status_and_escape_names() -> None:
    expiring = a_host(
        id="r1", name='x"} 1\\', billing=Billing.RENT, expires=NOON + timedelta(hours=1), status=Status.BILLED
    )
    text = host_formats.prometheus(a_snapshot(LINUX, expiring), Costs(), 2, NOON + timedelta(seconds=5))
    assert 'xds_hosts{status="on"} 1\n' in text
    assert 'xds_hosts{status="off"} 0\n' in text
    assert 'xds_host_expiry_seconds{id="r1",name="x\\"} 1\\\\"} 3595\n' in text
    assert "xds_orders_unknown 2\n" in text
    assert "xds_data_age_seconds 5\n" in text
    sample = re.compile(r'[a-z_]+(\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\})? -?[0-9.]+')
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in text.splitlines())
