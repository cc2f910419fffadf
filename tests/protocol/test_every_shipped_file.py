"""Every file that pydicom ships goes in by C-STORE and by STOW-RS, is found, and comes back as it was.

All are sent, found and retrieved in one pass over one set of servers; the tests then look at what it gathered.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.asgi import get_asgi_application
from knox.models import AuthToken
from pydicom.dataset import Dataset
from pynetdicom import AE, _config, build_context, build_role, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from hospitals.models import Hospital
from pacs_core.archive.models import QuarantinedInstance, ReceivedInstance
from pacs_core.network.dicomweb.multipart_stream import multipart_bytes
from tests import servers
from tests.pacs_core.archive.instances import index_all
from tests.pacs_core.network.dicomweb.running import running_server
from tests.protocol.dimse_server import free_port, running_dimse_server
from tests.protocol.shipped_files import DATA, REFUSED, Variant, dataset_of, make_variant, shipped_names
from tests.story import make_hospital, make_node, make_user, see_all

# One worker carries out the pass for all of them.
pytestmark = pytest.mark.xdist_group("every_shipped_file")

FIND, GET, MOVE = (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)
ACCEPTED = [name for name in shipped_names() if name not in REFUSED]
WAYS = ("c-store", "stow-rs")


@dataclass
class Gathered:
    """What the pass saw; data sets are the bytes without file meta information, by SOPInstanceUID."""

    variants: dict[tuple[str, str], Variant] = field(default_factory=dict)
    store_statuses: dict[str, int] = field(default_factory=dict)
    stow_statuses: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    c_find: dict[str, Dataset] = field(default_factory=dict)
    qido: dict[str, dict[str, Any]] = field(default_factory=dict)
    c_get: dict[str, bytes] = field(default_factory=dict)
    c_move: dict[str, bytes] = field(default_factory=dict)
    wado: dict[str, bytes] = field(default_factory=dict)

    def of_way(self, way: str) -> list[Variant]:
        return [variant for (_, sent_by), variant in self.variants.items() if sent_by == way]


class Pass:
    """One hospital with a sender and a workstation, one association server, one web server."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.gathered, self.folder = Gathered(), folder
        self.north: Hospital = make_hospital()
        self.workstation_port = free_port()
        make_node(self.north, may_find=True)
        make_node(self.north, "NORTH_WS", may_store=False, may_move=True, host="127.0.0.1", port=self.workstation_port)
        _, token = AuthToken.objects.create(make_user("hospital_administrator", self.north))
        address = stack.enter_context(running_server(get_asgi_application()))
        self.web = stack.enter_context(
            httpx.Client(base_url=f"{address}/dicom-web", headers={"Authorization": f"Token {token}"}, timeout=30)
        )
        self.dimse_port = stack.enter_context(running_dimse_server(workers=1)).port
        for name in ACCEPTED:
            for way in WAYS:
                self.gathered.variants[name, way] = make_variant(name, way, folder)
        self.kinds = sorted(
            {(one.header.sop_class_uid, one.transfer_syntax_uid) for one in self.gathered.variants.values()}
        )

    def carry_out(self) -> Gathered:
        self.store()
        self.stow()
        self.try_refused()
        with see_all():
            studies = sorted(set(ReceivedInstance.objects.values_list("study_instance_uid", flat=True)))
        for study in studies:
            index_all(self.north, study)
        self.find()
        self.retrieve()
        return self.gathered

    def associate(self, title: str, model: str = "", **options: Any) -> Any:
        ae = AE(ae_title=title)
        contexts = [build_context(*kind) for kind in self.kinds] if model in ("", GET) else []
        contexts += [build_context(model)] if model else []
        handlers = [(evt.EVT_CONN_OPEN, _send_at_once), *options.pop("evt_handlers", ())]
        association = ae.associate(
            "127.0.0.1", self.dimse_port, contexts=contexts, ae_title="MERIDIAN", evt_handlers=handlers, **options
        )
        assert association.is_established
        return association

    def store(self) -> None:
        association = self.associate("NORTH_CT")
        for variant in self.gathered.of_way("c-store"):
            self.gathered.store_statuses[variant.name] = association.send_c_store(variant.path).get("Status", -1)
        association.release()

    def stow(self) -> None:
        variants = self.gathered.of_way("stow-rs")
        answer = self.post([variant.path.read_bytes() for variant in variants])
        taken = {item["00081155"]["Value"][0] for item in answer["00081199"]["Value"]}
        for variant in variants:
            self.gathered.stow_statuses[variant.name] = 0 if variant.header.sop_instance_uid in taken else -1

    def try_refused(self) -> None:
        for name in REFUSED:
            answer = self.post([(DATA / name).read_bytes()])
            with see_all():
                newest = QuarantinedInstance.objects.order_by("-pk").values_list("reason", flat=True).first() or ""
            self.gathered.refusals[name] = (answer["00081198"]["Value"][0]["00081197"]["Value"][0], newest)

    def post(self, contents: list[bytes]) -> dict[str, Any]:
        body = multipart_bytes([("application/dicom", content) for content in contents], boundary="b")
        headers = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
        return self.web.post("/studies", content=body, headers=headers).json()

    def find(self) -> None:
        keys = self.studies_of("c-store", "stow-rs")
        keys.PatientID = keys.SOPClassesInStudy = ""
        association = self.associate("NORTH_CT", FIND)
        for _, found in association.send_c_find(keys, FIND):
            if found is not None:
                self.gathered.c_find[str(found.StudyInstanceUID)] = found
        association.release()
        for found in self.web.get("/instances", params={"limit": 1000}).json():
            self.gathered.qido[found["00080018"]["Value"][0]] = found

    def retrieve(self) -> None:
        roles = [build_role(sop_class, scp_role=True) for sop_class in {kind[0] for kind in self.kinds}]
        handlers = [(evt.EVT_C_STORE, lambda event: _keep(event, self.gathered.c_get))]
        association = self.associate("NORTH_WS", GET, ext_neg=roles, evt_handlers=handlers)
        list(association.send_c_get(self.studies_of("c-store"), GET))
        association.release()
        with self.listening():
            association = self.associate("NORTH_WS", MOVE)
            list(association.send_c_move(self.studies_of("stow-rs"), "NORTH_WS", MOVE))
            association.release()
        for variant in self.gathered.of_way("c-store"):
            header = variant.header
            answer = self.web.get(
                f"/studies/{header.study_instance_uid}/series/{header.series_instance_uid}"
                f"/instances/{header.sop_instance_uid}",
                headers={"Accept": "application/dicom; transfer-syntax=*"},
            )
            self.gathered.wado[header.sop_instance_uid] = answer.content

    def studies_of(self, *ways: str) -> Dataset:
        studies = Dataset()
        studies.QueryRetrieveLevel = "STUDY"
        studies.StudyInstanceUID = [
            variant.header.study_instance_uid for way in ways for variant in self.gathered.of_way(way)
        ]
        return studies

    def listening(self) -> ExitStack:
        ae = AE(ae_title="NORTH_WS")
        ae.supported_contexts = [build_context(sop_class, syntaxes) for sop_class, syntaxes in self.by_class().items()]
        handlers = [(evt.EVT_C_STORE, lambda event: _keep(event, self.gathered.c_move))]
        server = ae.start_server(("127.0.0.1", self.workstation_port), block=False, evt_handlers=handlers)
        stack = ExitStack()
        stack.callback(server.shutdown)
        return stack

    def by_class(self) -> dict[str, list[str]]:
        classes: dict[str, list[str]] = {}
        for sop_class, syntax in self.kinds:
            classes.setdefault(sop_class, []).append(syntax)
        return classes


def _send_at_once(event: evt.Event) -> None:
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _keep(event: evt.Event, kept: dict[str, bytes]) -> int:
    kept[str(event.request.AffectedSOPInstanceUID)] = event.request.DataSet.getvalue()
    return 0x0000


@pytest.fixture(scope="module")
def gathered(
    django_db_setup: None,
    django_db_blocker: Any,
    tables_filled_by_migrations: frozenset[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gathered]:
    from django.conf import settings
    from django.db import connections

    settings.STORAGE_ROOT.mkdir(parents=True, exist_ok=True)
    settings.INCOMING_ROOT.mkdir(parents=True, exist_ok=True)
    was_chunked, _config.STORE_SEND_CHUNKED_DATASET = _config.STORE_SEND_CHUNKED_DATASET, True  # bytes as they are
    with django_db_blocker.unblock():
        try:
            with ExitStack() as stack:
                yield Pass(stack, tmp_path_factory.mktemp("shipped")).carry_out()
        finally:
            _config.STORE_SEND_CHUNKED_DATASET = was_chunked
            connections.close_all()
            servers.empty_database(tables_filled_by_migrations)


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_shipped_file_is_stored_found_and_comes_back_as_it_was(gathered: Gathered, name: str) -> None:
    assert (gathered.store_statuses[name], gathered.stow_statuses[name]) == (0, 0)
    for way in WAYS:
        variant = gathered.variants[name, way]
        header, uid = variant.header, variant.header.sop_instance_uid
        found, listed = gathered.c_find[header.study_instance_uid], gathered.qido[uid]
        assert found.SOPClassesInStudy == header.sop_class_uid
        assert not header.patient_id or found.PatientID == header.patient_id
        assert listed["0020000E"]["Value"] == [header.series_instance_uid]
        retrieved = (
            [gathered.c_get[uid], dataset_of(gathered.wado[uid])] if way == "c-store" else [gathered.c_move[uid]]
        )
        assert all(dataset == variant.dataset for dataset in retrieved)


@pytest.mark.parametrize("name", REFUSED)
def test_a_shipped_file_that_is_no_whole_instance_is_set_aside_with_its_reason(gathered: Gathered, name: str) -> None:
    status, reason = gathered.refusals[name]
    assert status == 0xC000
    assert REFUSED[name] in reason
