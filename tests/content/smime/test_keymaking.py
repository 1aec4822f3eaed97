from __future__ import annotations

import pytest

from mailsec.content.smime.keymaking import make_key
from mailsec.core.errors import UsageError


def test_a_kind_of_key_that_nobody_makes() -> None:
    with pytest.raises(UsageError, match="dsa"):
        make_key("dsa")
