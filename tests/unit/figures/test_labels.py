import numpy as np

from tiepoint.figures.labels import UNNAMED, colours, label_words
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset, LegendEntry

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


def test_the_legend_lists_the_names():
    axes = (Axis(name="y", size=2), Axis(name="x", size=2))
    dataset = Dataset(name="Phases", kind="labels", axes=axes, legend=LEGEND)
    assert [words for _, words, _ in label_words(dataset)] == ["Ferrite", "not indexed"]
