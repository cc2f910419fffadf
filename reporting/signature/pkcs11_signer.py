"""Signing with a key in a PKCS#11 token: made there, not extractable (production; SoftHSM in tests)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pyhanko.sign import signers as pyhanko_signers
from pyhanko.sign.pkcs11 import PKCS11Signer

from reporting.signature.errors import TokenUnavailable
from reporting.signature.signer import Signer


class Pkcs11Signer(Signer):
    """Signs with the key named `key_label` on the token; `pin_of_token` is asked at each signature and never kept."""

    def __init__(
        self,
        *,
        certificate_pem: bytes,
        chain_pem: bytes,
        module_path: str,
        token_label: str,
        key_label: str,
        pin_of_token: Callable[[], str],
        revoked_at: datetime | None = None,
    ) -> None:
        super().__init__(certificate_pem=certificate_pem, chain_pem=chain_pem, revoked_at=revoked_at)
        self._module_path, self._token_label, self._key_label = module_path, token_label, key_label
        self._pin_of_token = pin_of_token

    @contextmanager
    def open(self) -> Iterator[pyhanko_signers.Signer]:
        """Give a signer on a session of its own. Raises TokenUnavailable."""
        with open_token(
            module_path=self._module_path, token_label=self._token_label, pin=self._pin_of_token()
        ) as session:
            yield PKCS11Signer(
                session,
                signing_cert=self.certificate,
                ca_chain=self.chain,
                key_label=self._key_label,
                # SoftHSM and many cards have ECDSA only over a digest made outside (CKM_ECDSA).
                use_raw_mechanism=self.certificate.public_key.algorithm == "ec",
            )


@contextmanager
def open_token(*, module_path: str, token_label: str, pin: str, may_write: bool = False) -> Iterator[pkcs11.Session]:
    """Open a session on the token with that label. Raises TokenUnavailable."""
    try:
        session = pkcs11.lib(module_path).get_token(token_label=token_label).open(user_pin=pin, rw=may_write)
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        raise TokenUnavailable(
            f"The token {token_label} cannot be opened ({type(error).__name__}).\n"
            "Maybe its module, label or PIN is wrong."
        ) from None
    with session:
        yield session


def make_token_key(*, module_path: str, token_label: str, pin: str, key_label: str) -> ec.EllipticCurvePublicKey:
    """Make a P-256 key on the token, private part not extractable, and return its public part."""
    with open_token(module_path=module_path, token_label=token_label, pin=pin, may_write=True) as session:
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
        )
        private_template = {
            pkcs11.Attribute.SENSITIVE: True,
            pkcs11.Attribute.EXTRACTABLE: False,
            pkcs11.Attribute.DERIVE: False,
        }
        public_key, _ = parameters.generate_keypair(
            store=True, label=key_label, private_template=private_template, capabilities=_SIGNING
        )
        made = load_der_public_key(encode_ec_public_key(public_key))
    if not isinstance(made, ec.EllipticCurvePublicKey):
        raise TokenUnavailable(f"The token {token_label} made another kind of key than EC P-256.")
    return made


_SIGNING = pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY
