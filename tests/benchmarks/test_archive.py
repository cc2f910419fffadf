"""The archive's benchmark at its cheapest: Meridian against itself at another size, so that it does not rot."""

from pathlib import Path

from django.conf import settings

from pacs_core.archive.models import ReceivedInstance
from tests.benchmarks.archive.files import LARGE, SMALL
from tests.benchmarks.archive.measures import storing
from tests.benchmarks.archive.peers import Peer
from tests.benchmarks.archive.report import peers_table
from tests.protocol.dimse_server import RunningServer, dimse_server
from tests.story import make_hospital, make_node, see_all

__all__ = ["dimse_server"]


def test_small_images_are_stored_about_as_fast_as_large_ones_or_faster(
    committed_db: None, dimse_server: RunningServer, tmp_path: Path
) -> None:
    make_node(make_hospital("NORTH"), ae_title="BENCH")

    def received(study_instance_uid: str) -> int:
        with see_all():
            return ReceivedInstance.objects.filter(study_instance_uid=study_instance_uid).count()

    peer = Peer("Meridian", dimse_server.port, settings.DIMSE_AE_TITLE, dicomweb="", indexed=received, move_to="")
    measure = storing(
        "4 associations", associations=4, disables_nagle=True, numbers={SMALL: 24, LARGE: 24}, folder=tmp_path
    )
    measure.run(peer, None)  # the first association of each process opens its database connection
    figures = measure.run(peer, None)
    small, large = (figures[size] for size in ("34 kB", "525 kB"))
    assert small > 0.5 * large > 0
    table = peers_table([measure], [peer], {measure.row: {peer.name: {name: [rate] for name, rate in figures.items()}}})
    assert f"| {small:.1f} |" in table or f"| {small:,.0f} |" in table
