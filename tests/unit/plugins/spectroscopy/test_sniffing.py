"""Telling formats with shared extensions apart."""

from __future__ import annotations

import pytest

from tiepoint_spectroscopy import sniffing

SAMPLES = {
    "protochips": b"Time, Notes, Holder Temperature\n",
    "impulse": b"TimeStamp,Experiment time,Temperature measured\n",
    "dens": b"\n23/11/'15 13:27\tDigiheater 3.1\nR0=1\ta=2\n",
    "msa": b"#FORMAT      : EMSA/MAS Spectral Data File\n",
    "ripple": b"key\tvalue\nwidth\t4\nheight\t3\ndepth\t16\n",
    "jobin_yvon": b"<?xml version='1.0'?><LSX_Data><LSX_Tree/>",
    "bruker_spectrum": b'<?xml?><TRTSpectrum><ClassInstance Type="TRTSpectrum">',
    "empad": b"<?xml?><root><raw_file filename='scan_x4_y4.raw'/></root>",
    "trivista": b"\xef\xbb\xbf<!--TriVista-File--><XmlMain Version='1.0.1'>",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_each_format_knows_its_own_and_no_other(tmp_path, name):
    for other, content in SAMPLES.items():
        path = tmp_path / other
        path.write_bytes(content)
        assert getattr(sniffing, name)(path, content) == (other == name)
