"""A shared copy holds no name and no absolute path: looked for in its very bytes."""

from __future__ import annotations

import getpass
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_files import write_ome

from tiepoint.model.dataset import Metadata
from tiepoint.model.region import Region
from tiepoint.project.share import known_names, shared
from tiepoint.session import Session
from tiepoint.session.sharing import preview, share
from tiepoint.support.errors import TiepointError

AUTHOR = "Annegret Beispiel"


def everything_in(path):
    """All bytes of a file, and of everything in it after decompression."""
    found = [path.read_bytes()]

    def look(_name, node):
        found.extend(str(item).encode() for item in (*node.attrs.keys(), *node.attrs.values()))
        if isinstance(node, h5py.Dataset):
            value = node[()]
            found.append(value if isinstance(value, bytes) else np.asarray(value).tobytes())

    with h5py.File(path) as file:
        look("", file)
        file.visititems(look)
    return b"\n".join(found)


@pytest.fixture
def session(tmp_path, monkeypatch):
    home = tmp_path / "abeispiel"
    data = home / "data"
    data.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(getpass, "getuser", lambda: "abeispiel")
    made = Session(author=AUTHOR)
    made.add_files([write_ome(data / "one.ome.tif")])
    dataset = made.project.datasets[0]
    metadata = Metadata(
        identification={"Operator": AUTHOR, "User_Name": "ab12", "software": "SEM 3"},
        references={"stage": {"x": 1.0}},
        settings={
            "Recipe": f"{home}/recipes/fast.xml",
            "Save to": "C:\\Users\\abeispiel\\Desktop\\fe 2.tif",
            "Remark": "grown by beispiel, polished twice",
            "vendor": '{"Account": "abeispiel", "keV": 15}',
        },
    )
    changed = dataset.replace(metadata=metadata, warnings=(f"{data}/x.tif is odd",))
    made.document.apply(f"Read {home}/a.csv", lambda p: p.replace(datasets=(changed,)))
    made.add_region(
        Region(name="Pit", shape="point", dataset=dataset.id, vertices=((1.0, 2.0),),
               author=AUTHOR, note=f"see {AUTHOR}'s notebook")
    )  # fmt: skip
    made.save(home / "steel.tiepoint")
    yield made
    made.close()


def test_no_name_and_no_path_is_in_the_bytes(session, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    copy = share(session, folder / "for others")()
    assert copy.report.path == folder / "for others.tiepoint"
    words = everything_in(copy.report.path).lower()
    for secret in (AUTHOR, "annegret", "beispiel", "ab12", str(tmp_path), "desktop", "recipes/"):
        assert secret.lower().encode() not in words, secret
    original = everything_in(session.path).lower()
    assert b"beispiel" in original, "the project itself is as it was"
    assert {s.partition(" × ")[2] for s in copy.sentences} == {
        "absolute path of a data file", "absolute path in a text", "name in a text",
        "name of a person or computer",
    }  # fmt: skip


def test_what_is_not_about_persons_stays(session, tmp_path):
    found = preview(session).project
    metadata = found.datasets[0].metadata
    assert metadata.identification == {"Operator": "", "User_Name": "", "software": "SEM 3"}
    assert metadata.references == {"stage": {"x": 1.0}}
    assert metadata.settings["Recipe"] == "fast.xml"
    assert metadata.settings["Remark"] == "grown by (removed), polished twice"
    assert metadata.settings["vendor"] == '{"Account": "", "keV": 15}'
    assert found.datasets[0].axes == session.project.datasets[0].axes
    assert found.regions[0].vertices == session.project.regions[0].vertices


def test_a_shared_copy_beside_its_data_opens(session, tmp_path):
    data = Path(session.project.datasets[0].link.path)
    copy = share(session, data.parent / "copy")().report.path
    again = Session.open(copy)
    assert again.notices == ()
    assert np.asarray(again.store.array(again.dataset("one"))[:]).shape == (60, 80)
    assert not any(entry.author for entry in again.document.history)
    again.close()


def test_the_project_itself_is_never_replaced_by_its_copy(session):
    with pytest.raises(TiepointError, match="another name"):
        share(session, session.path)


@given(st.text(max_size=40))
def test_any_text_survives_or_loses_names_only(text):
    session = Session()
    project = session.project.replace(sample=text)
    session.close()
    clean = shared(project, (), ["Ann Example"]).project
    assert "Ann Example" not in clean.sample
    if not set(text) & set("/\\:{["):
        assert clean.sample == text


def test_names_that_are_everybodys_are_not_looked_for(session):
    names = known_names(session.project, session.document.history, "root", "", "Al")
    assert "root" not in names
    assert "" not in names
    assert "Al" not in names
    assert AUTHOR in names
