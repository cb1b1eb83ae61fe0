"""Readers of spectra, spectrum images and electron images: all that RosettaSciIO understands.

Only patterns, signatures and names here; nothing heavy is imported until a file is opened.
"""

from tiepoint.sdk import ReaderSpec


def _spec(
    name: str,
    label: str,
    *patterns: str,
    magic: tuple[tuple[int, bytes], ...] = (),
    sniff: str = "",
    priority: int = 10,
    read: str = "",
) -> ReaderSpec:
    return ReaderSpec(
        name=f"rosettasciio-{name}",
        label=label,
        patterns=patterns,
        read=f"tiepoint_spectroscopy.rosetta:read_{read or name.replace('-', '_')}",
        magic=magic,
        sniff=f"tiepoint_spectroscopy.sniffing:{sniff}" if sniff else "",
        priority=priority,
    )


_HDF5 = ((0, b"\x89HDF\r\n\x1a\n"),)

READERS: tuple[ReaderSpec, ...] = (
    _spec("digitalmicrograph", "Gatan DigitalMicrograph", "*.dm3", "*.dm4",
          magic=((0, b"\x00\x00\x00\x03"), (0, b"\x00\x00\x00\x04"))),
    _spec("bruker", "Bruker Esprit map", "*.bcf", magic=((0, b"AAMVHFSS"),)),
    _spec("bruker-spectrum", "Bruker Esprit spectrum", "*.spx", sniff="bruker_spectrum"),
    _spec("jeol", "JEOL Analysis Station", "*.img", "*.map", "*.pts",
          magic=((0, b"\x34\x00\x00\x00"), (0, b"\x30\x01\x00\x00"))),
    _spec("jeol-project", "JEOL Analysis Station project", "*.asw",
          sniff="jeol_project", read="jeol"),
    _spec("jeol-spectrum", "JEOL spectrum", "*.eds", sniff="jeol_spectrum", read="jeol"),
    _spec("edax", "EDAX spectrum", "*.spc", sniff="edax_spectrum"),
    _spec("edax-map", "EDAX spectrum image", "*.spd", "*.lsd", read="edax"),
    _spec("tia", "FEI TIA", "*.emi", "*.ser",
          magic=((0, b"JK\x00\x02"), (0, b"JK\x02\x00"), (0, b"\x49\x49\x97\x01"))),
    _spec("emd", "Velox and NCEM electron microscopy data", "*.emd", "*.de5", magic=_HDF5),
    _spec("mrc", "MRC and CCP4", "*.mrc", "*.mrcs", "*.map", "*.ccp4", "*.st", "*.ali", "*.preali",
          "*.rec", sniff="mrc", priority=5),
    _spec("tvips", "TVIPS stream", "*.tvips", sniff="tvips"),
    _spec("blockfile", "NanoMegas block file", "*.blo", magic=((0, b"IMGBLO"),)),
    _spec("quantumdetector", "Quantum Detectors Merlin", "*.mib", magic=((0, b"MQ1"),)),
    _spec("quantumdetector-header", "Quantum Detectors Merlin", "*.hdr",
          sniff="quantum_header", read="quantumdetector"),
    _spec("empad", "EMPAD", "*.xml", sniff="empad"),
    _spec("arina", "Dectris Arina", "*_master.h5", sniff="arina", priority=20),
    _spec("topspin", "NanoMegas Topspin", "*.app5", magic=_HDF5),
    _spec("msa", "EMSA/MAS spectrum", "*.msa", "*.ems", "*.emsa", "*.mas", "*.txt", sniff="msa"),
    _spec("ripple", "Lispix raw cube", "*.rpl", sniff="ripple"),
    _spec("ripple-data", "Lispix raw cube", "*.raw", sniff="ripple_data", read="ripple"),
    _spec("hspy", "HyperSpy", "*.hspy", "*.hdf5", "*.h5", sniff="hyperspy", priority=20),
    _spec("delmic", "Delmic SPARC", "*.h5", "*.hdf5", sniff="delmic", priority=20),
    _spec("renishaw", "Renishaw WiRE", "*.wdf", magic=((0, b"WDF1"),)),
    _spec("trivista", "TriVista", "*.tvf", sniff="trivista"),
    _spec("jobinyvon", "Jobin Yvon / Horiba LabSpec", "*.xml", sniff="jobin_yvon"),
    _spec("hamamatsu", "Hamamatsu streak camera", "*.img", magic=((0, b"IM"),)),
    _spec("digitalsurf", "Digital Surf Mountains", "*.sur", "*.pro",
          magic=((0, b"DIGITAL SURF"), (0, b"DSCOMPRESSED"))),
    _spec("phenom", "Thermo Fisher Phenom", "*.elid", magic=((0, b"BZh"),)),
    _spec("pantarhei", "CEOS Panta Rhei", "*.prz", magic=((0, b"PK\x03\x04"),)),
    _spec("semper", "Semper", "*.unf", sniff="semper"),
    _spec("tofwerk", "Tofwerk TofDAQ", "*.h5", "*.hdf5", sniff="tofwerk", priority=20),
    _spec("protochips", "Protochips log", "*.csv", sniff="protochips"),
    _spec("impulse", "DENSsolutions Impulse log", "*.csv", sniff="impulse"),
    _spec("dens", "DENSsolutions heating log", "*.dens", sniff="dens"),
    _spec("quadstar", "Quadstar mass spectra", "*.sac", "*.sbc"),
    ReaderSpec("envi", "ENVI", ("*.hdr", "*.dat", "*.img", "*.bil", "*.bip", "*.bsq", "*.raw"),
               "tiepoint_spectroscopy.envi:read", sniff="tiepoint_spectroscopy.envi:is_envi"),
    ReaderSpec("ptir", "Photothermal infrared (PTIR Studio)", ("*.ptir",),
               "tiepoint_spectroscopy.ptir:read", _HDF5, "tiepoint_spectroscopy.ptir:is_ptir"),
    ReaderSpec("mca", "Multichannel analyser", ("*.mca", "*.spe"),
               "tiepoint_spectroscopy.mca:read", sniff="tiepoint_spectroscopy.mca:is_spectrum"),
    _spec("netcdf", "netCDF of EELSLab", "*.nc", magic=((0, b"CDF\x01"), (0, b"CDF\x02"))),
)  # fmt: skip
