from __future__ import annotations

import gc
import weakref

from textual._styles_cache import StylesCache
from textual.color import Color

from xds_tui.tui.app import XdsApp

ONE, OTHER = Color(10, 20, 30), Color(40, 50, 60, 0.5)


class Cache(StylesCache):
    """One that can be referred to weakly."""


def test_what_was_remembered_for_a_widget_is_let_go_with_it() -> None:
    assert XdsApp  # the app repairs Textual when it is imported
    cache = Cache()
    cache.get_inner_outer(ONE, OTHER)
    gone = weakref.ref(cache)
    del cache
    gc.collect()
    assert gone() is None


def test_the_colours_are_those_of_both_backgrounds_and_of_the_one_behind() -> None:
    inner, outer = StylesCache().get_inner_outer(ONE, OTHER)
    assert (inner.background, outer.background) == (ONE + OTHER, ONE)
