import numpy as np

from tiepoint.figures.labels import UNNAMED, colours, label_words
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset, LegendEntry
from tiepoint.session import Session, label_shares
from tiepoint.session.label_shares import share_words

LEGEND = (
    LegendEntry(value=1, name="Ferrite", colour="#4477aa"),
    LegendEntry(value=0, name="not indexed", colour="#000000"),
)


def test_labels_have_the_colours_of_their_legend():
    values = np.array([[0, 1], [7, np.nan]])
    picture = colours(values, LEGEND)
    assert picture[0, 1].tolist() == [0x44, 0x77, 0xAA]
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert tuple(picture[1, 0]) == UNNAMED, "what the legend does not name is grey"


def test_the_legend_lists_the_names_and_shares_once_they_are_counted():
    session = Session()
    axes = (Axis(name="y", size=2), Axis(name="x", size=5))
    dataset = Dataset(name="Phases", kind="labels", axes=axes, legend=LEGEND, dtype="uint8")
    session.store.put(dataset.id, np.array([[1, 1, 1, 0, 9], [1, 1, 1, 0, 9]], np.uint8))
    (dataset,) = session.add_datasets([dataset])
    assert [row[1:] for row in label_words(session, dataset)] == [
        ("Ferrite", ""),
        ("not indexed", ""),
    ]
    session.drawing.prepare(dataset)
    assert label_words(session, dataset) == [
        ("#4477aa", "Ferrite", "60.0 %"),
        ("#000000", "not indexed", "20.0 %"),
        ("#5a606c", "other values", "20.0 %"),
    ]
    session.close()


def test_small_shares_are_not_nothing():
    assert [share_words(share) for share in (0.0, 0.0004, 0.934)] == ["0.0 %", "< 0.1 %", "93.4 %"]


def test_a_volume_of_labels_is_counted_plane_by_plane_and_not_for_its_picture_alone(monkeypatch):
    session = Session()
    axes = tuple(Axis(name=name, size=size) for name, size in zip("zyx", (3, 4, 5), strict=True))
    dataset = Dataset(name="Grains", kind="labels", axes=axes, legend=LEGEND, dtype="uint8")
    values = np.random.default_rng(0).integers(0, 2, (3, 4, 5), np.uint8)
    session.store.put(dataset.id, values)
    (dataset,) = session.add_datasets([dataset])
    monkeypatch.setattr(label_shares, "MOST_DRAWN", 10)
    session.label_shares.count_for_drawing(dataset)
    assert session.label_shares.if_known(dataset) == {}
    assert session.label_shares.of(dataset)[1] == values.mean()
    session.close()
