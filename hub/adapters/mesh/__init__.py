"""MESH: the NHS's Message Exchange for Social Care and Health, by its HTTP API."""

from hub.adapters.mesh.carrier import MeshCarrier
from hub.adapters.mesh.token import Account, Tokens

__all__ = ["Account", "MeshCarrier", "Tokens"]
