"""The end of a scenario as an outsider gets it: confirmed, signed, packed, verified, opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from hub.adapters.closure_pack import check_pack
from hub.adapters.signing import Ed25519Signer
from hub.answers import Attested
from hub.answers.packing import closure_pack
from hub.attestation.keys import PublicKey
from hub.attestation.pack import INDEX, unzipped
from hub.closure import Waiver
from hub.concern import Party
from tests.flow.scenarios.last_page import LEO
from tests.flow.scenarios.stage import Play

SIGNS: Final = Ed25519Signer(bytes(range(32)))
TRUSTED: Final = {SIGNS.key: PublicKey(key=SIGNS.key, public=SIGNS.public)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A closure pack in an outsider's hands."""

    files: dict[str, bytes]
    index: dict[str, Any]

    @property
    def page(self) -> str:
        """Return what people open first."""
        return self.files["index.html"].decode()

    def party(self, party: Party) -> dict[str, Any]:
        """Return what the pack says of one party."""
        (found,) = [
            each
            for each in self.index["parties"]
            if (each["agency"], each["role"]) == (party.agency, party.role)
        ]
        return dict(found)

    def words(self, notice: dict[str, Any]) -> str:
        """Return one notice as it is read."""
        return self.files[notice["words"]].decode()


async def is_packed(play: Play, *waivers: Waiver) -> Opened:
    """The Lead Enquiry Officer confirms, and an outsider verifies and opens the pack."""
    scene = play.scene
    answers = play.answers()
    answers.signer = SIGNS
    done = await answers.attest(play.concern, LEO, waivers)
    assert isinstance(done, Attested), done
    pack = await closure_pack(scene.register, scene.clock, SIGNS, play.concern)
    assert pack is not None
    found = check_pack(pack, TRUSTED)
    assert (found.faults, found.missing) == ((), ())
    files = unzipped(pack)
    return Opened(files=files, index=json.loads(files[INDEX]))
