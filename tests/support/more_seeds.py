"""Small files of the readers that `tiny_files` leaves out, as seeds of mutations.

Some formats have no writer anywhere: their seed is the beginning by which they are recognised, with
plain numbers behind it. It may be refused, as long as it and its mutants are refused in words.
"""

import json
import struct
from importlib import import_module

import h5py
import numpy as np

RNG = np.random.default_rng(5)
CUBE = RNG.integers(0, 99, (3, 4, 6)).astype(np.uint16)
SEEDS = {}
ANSWERS = {
    "mesh": {"unit": "mm"},
    "raw_volume": {
        "columns": "4", "rows": "3", "slices": "6", "numbers": "16 bit unsigned",
        "order": "little-endian (PC)", "header_bytes": "0", "voxel": "0.5", "unit": "µm",
    },
}  # fmt: skip
"""What a person says of the files that do not say everything."""


def seed(function):
    SEEDS[function.__name__] = function
    return function


def _rosetta(plugin, path, data, *axes):
    signal = {
        "data": data,
        "axes": [
            {"name": name, "size": size, "scale": scale, "offset": 0.0, "units": units,
             "navigate": navigate, "index_in_array": place, "_type": "UniformDataAxis",
             "is_binned": False}
            for place, (size, (name, scale, units, navigate)) in enumerate(
                zip(data.shape, axes, strict=True))
        ],
        "metadata": {"General": {"title": "made here"}, "Signal": {"signal_type": ""}},
        "original_metadata": {}, "attributes": {"_lazy": False, "ragged": False},
        "tmp_parameters": {}, "learning_results": {}, "package": "", "package_version": "",
        "models": {},
    }  # fmt: skip
    import_module(f"rsciio.{plugin}").file_writer(str(path), signal)
    return path


Y, X = ("y", 0.5, "nm", True), ("x", 0.25, "nm", True)
ENERGY = ("Energy", 0.01, "keV", False)
PICTURE = (("y", 0.5, "nm", False), ("x", 0.25, "nm", False))


@seed
def lispix(folder):
    return _rosetta("ripple", folder / "a.rpl", CUBE, Y, X, ENERGY)


@seed
def lispix_data(folder):
    lispix(folder)
    return folder / "a.raw"


@seed
def blockfile(folder):
    detector = ("d", 0.1, "cm", False)
    frames = RNG.integers(0, 99, (2, 3, 8, 8)).astype(np.uint8)
    return _rosetta("blockfile", folder / "a.blo", frames, Y, X, detector, detector)


@seed
def tvips(folder):
    time, pixel = ("time", 0.5, "s", True), ("p", 1.0, "1/nm", False)
    frames = RNG.integers(0, 99, (3, 8, 8)).astype(np.uint16)
    return _rosetta("tvips", folder / "a_000.tvips", frames, time, pixel, pixel)


@seed
def ncem(folder):
    return _rosetta("emd", folder / "a.emd", CUBE, Y, X, ENERGY)


@seed
def msa(folder):
    return _rosetta("msa", folder / "a.msa", CUBE[0, 0].astype(np.float32), ENERGY)


@seed
def semper(folder):
    return _rosetta("semper", folder / "a.unf", CUBE[0].astype(np.float32), *PICTURE)


@seed
def digital_surf(folder):
    return _rosetta("digitalsurf", folder / "a.sur", CUBE[0].astype(np.float32), *PICTURE)


@seed
def hyperspy(folder):
    path = folder / "a.hspy"
    with h5py.File(path, "w") as file:
        file.attrs["file_format"], file.attrs["file_format_version"] = "HyperSpy", "3.3"
        group = file.create_group("Experiments/map")
        group["data"] = CUBE
        for place, (name, scale, units, navigate) in enumerate((Y, X, ENERGY)):
            group.create_group(f"axis-{place}").attrs.update(
                name=name, scale=scale, offset=0.0, units=units, navigate=navigate,
                size=CUBE.shape[place], _type="UniformDataAxis", is_binned=False,
            )  # fmt: skip
        group.create_group("metadata/General").attrs["title"] = "map"
        group.create_group("metadata/Signal").attrs["signal_type"] = "EDS_TEM"
        group.create_group("original_metadata")
    return path


@seed
def mrc(folder):
    head = bytearray(1024)
    struct.pack_into("<10i", head, 0, 6, 4, 3, 6, 0, 0, 0, 6, 4, 3)
    struct.pack_into("<6f", head, 40, 12, 8, 6, 90, 90, 90)
    struct.pack_into("<3i", head, 64, 1, 2, 3)
    head[208:216] = b"MAP \x44\x44\0\0"
    (folder / "a.mrc").write_bytes(bytes(head) + CUBE.tobytes())
    return folder / "a.mrc"


@seed
def ang(folder):
    lines = ["# Phase 1", "# MaterialName  Nickel", "# Symmetry 43",
             "# LatticeConstants 3.524 3.524 3.524  90.000  90.000  90.000"]  # fmt: skip
    lines += [
        f"0.1 0.2 0.3 {n % 4 * 0.5:.5f} {n // 4 * 0.5:.5f} {n} 0.9 0 7 0.5" for n in range(12)
    ]
    (folder / "a.ang").write_text("\n".join(lines))
    return folder / "a.ang"


@seed
def ctf(folder):
    head = (
        "Channel Text File\nPrj\tsteel\nJobMode\tGrid\nXCells\t3\nYCells\t2\n"
        "XStep\t0.3\nYStep\t0.3\n"
        "Euler angles refer to Sample Coordinate system (CS0)!\tMag\t400\tKV\t20\tTiltAngle\t70\n"
        "Phases\t1\n3.2;3.2;5.2\t90;90;120\tMagnesium\t9\t194\n"
        "Phase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\tMAD\tBC\tBS\n"
    )
    rows = (f"1\t{n % 3 * 0.3}\t{n // 3 * 0.3}\t8\t0\t90\t45\t30\t0.5\t{n}\t9\n" for n in range(6))
    (folder / "a.ctf").write_text(head + "".join(rows))
    return folder / "a.ctf"


@seed
def oxford_pair(folder):
    fields = "".join(f"Field{n}={code}\n" for n, code in enumerate((3, 4, 5, 7, 12), 1))
    (folder / "map.cpr").write_text(
        "[Job]\nkV=20.00\nGridDistX=0.12\nGridDistY=0.12\nxCells=3\nyCells=2\n"
        f"[Fields]\nCount=5\n{fields}[Phases]\nCount=1\n[Phase1]\nStructureName=Ni\na=3.57\n"
        "b=3.57\nc=3.57\nalpha=90\nbeta=90\ngamma=90\nLaueGroup=11\n"
    )
    records = (struct.pack("<B3fBf", 1, 0.1 * n, 0.2, 0.3, n, 0.0) for n in range(6))
    (folder / "map.crc").write_bytes(b"".join(records))
    return folder / "map.cpr"


@seed
def oxford_h5(folder):
    path = folder / "site.h5oina"
    with h5py.File(path, "w") as file:
        file["Format Version"] = "5.0"
        data = file.create_group("1/EBSD/Data")
        data["X"], data["Y"] = np.tile([0.0, 0.5, 1.0], 2), np.repeat([0.0, 0.5], 3)
        data["Phase"], data["Euler"] = np.ones(6, np.uint8), np.zeros((6, 3), np.float32)
        data["Band Contrast"] = np.arange(6, dtype=np.uint8)
        phase = file.create_group("1/EBSD/Header/Phases/1")
        phase["Phase Name"], phase["Laue Group"] = [b"Iron"], [11]
    return path


@seed
def truepix(folder):
    info = {
        "EbsdServiceVersion": "5",
        "Width": 3,
        "Height": 2,
        "MapStepSize": 7.5e-7,
        "LandingEnergy": 20000.0,
    }
    (folder / "site.json").write_text(json.dumps({"Info": info}))
    for name in ("results", "phases"):
        (folder / name).mkdir()
    active = {"ActivePhasesList": [{"Name": "Zr", "File": "zr.json"}]}
    (folder / "phases" / "active.json").write_text(json.dumps(active))
    (folder / "phases" / "zr.json").write_text(json.dumps({"laue_group_symbol": "6/mmm"}))
    rows = [f"{n // 3} {n % 3} 10 20 30 0.4 0.0 0" for n in range(6)]
    table = ["width height", "y x Phi1 PHI Phi2 MisFit MAD PhaseID", "-----", "3 2", *rows]
    (folder / "results" / "a.idx").write_text("\n".join(table))
    np.arange(6, dtype="<f4").tofile(folder / "results" / "PQ.bin")
    return folder / "site.json"


@seed
def dream3d(folder):
    path = folder / "a.dream3d"
    with h5py.File(path, "w") as file:
        file.attrs["FileVersion"], file.attrs["DREAM3D Version"] = "7.0", "6.5"
        volume = file.create_group("DataContainers/Volume")
        geometry = volume.create_group("_SIMPL_GEOMETRY")
        geometry["DIMENSIONS"] = np.array([6, 4, 3], np.int64)
        geometry["SPACING"] = np.array([0.5, 0.25, 1], np.float32)
        geometry["ORIGIN"] = np.zeros(3, np.float32)
        cells = volume.create_group("CellData")
        cells.attrs["AttributeMatrixType"] = np.uint32(3)
        cells.attrs["TupleDimensions"] = np.array([6, 4, 3], np.int64)
        cells["FeatureIds"] = CUBE.reshape(3, 4, 6, 1).astype(np.int32)
        cells["FeatureIds"].attrs["TupleDimensions"] = np.array([6, 4, 3], np.int64)
    return path


@seed
def mesh(folder):
    path = folder / "a.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\nf 1 3 4\nf 2 3 4\n")
    return path


@seed
def raw_volume(folder):
    (folder / "scan_4x3x6.raw").write_bytes(CUBE.tobytes())
    return folder / "scan_4x3x6.raw"


@seed
def time_log(folder):
    (folder / "a.csv").write_bytes("Time (s),Temperature (°C)\n0,20\n1,21.5\n".encode())
    return folder / "a.csv"


@seed
def ranges(folder):
    (folder / "a.rrng").write_text(
        "[Ions]\nNumber=1\nIon1=O\n[Ranges]\nNumber=1\nRange1=15.8 16.8 Vol:0.02 O:1 Color:00CCFF\n"
    )
    return folder / "a.rrng"


@seed
def picasso_settings(folder):
    (folder / "a.yaml").write_text(
        "Frames: 10\nHeight: 32\nWidth: 32\n---\nGenerated by: Picasso\nPixelsize: 130\n"
    )
    return folder / "a.yaml"


def _beginning(name, file, data):
    def write(folder):
        (folder / file).write_bytes(data)
        return folder / file

    SEEDS[name] = write


_NUMBERS = bytes(range(256)) * 8
_beginning("edax_map", "a.spd", b"MAPSPECTRA_DATA\0" + struct.pack("<8i", 1, 3, 4, 3, 6, 0, 1, 0)
           + _NUMBERS)  # fmt: skip
_beginning("tia", "a.ser", b"II\x97\x01\x20\x02" + _NUMBERS)
_beginning("bruker", "a.bcf", b"AAMVHFSS" + _NUMBERS)
_beginning("hamamatsu", "a.img", b"IM" + struct.pack("<6h", 12, 4, 3, 0, 0, 2) + bytes(50)
           + b'[Application],Date="1/1/2020"' + _NUMBERS)  # fmt: skip
_beginning("phenom", "a.elid", b"BZh9" + _NUMBERS)
_beginning("pantarhei", "a.prz", b"PK\x03\x04" + _NUMBERS)
_beginning("quadstar", "a.sac", _NUMBERS)
_beginning("netcdf", "a.nc", b"CDF\x01" + _NUMBERS)
_beginning("renishaw", "a.wdf", b"WDF1" + _NUMBERS)
_beginning("gatan", "a.dm4", b"\0\0\0\x04" + _NUMBERS)
_beginning("jeol", "a.pts", b"\x30\x01\0\0" + _NUMBERS)
_beginning("merlin", "a.mib", b"MQ1,000001,00384,01,0004,0004,U16,   1x1,01,2020-01-01 00:00:00,"
           + b"0.001" + b" " * 300 + _NUMBERS)  # fmt: skip
_beginning("dens", "a.dens", b"\t20200101\tDigiheater 3.1\nTime\tTemp\n0\t20\n1\t21\n")
_beginning("protochips", "a.csv", b"Time,Notes,Temperature\n(ms),,(Celsius)\n0,a,20\n1,b,21\n")
_beginning("impulse", "StemDistortion_Experiment log_.csv", b"TimeStamp,Experiment time,MixValve\n"
           b"10:00:00.1,0.1,1\n")  # fmt: skip
_beginning("spx", "a.spx", b'<?xml version="1.0"?><TRTSpectrum><ClassInstance Type="TRTSpectrum">'
           b"<Channels>1,2,3</Channels></ClassInstance></TRTSpectrum>")  # fmt: skip
_beginning("spc", "a.spc", struct.pack("<f", 0.7) + _NUMBERS + bytes(18000))
_beginning("jeol_spectrum", "a.eds", b"\x01\0\0\0" + bytes(6) + struct.pack("<d", 43000) + _NUMBERS)
_beginning("jeol_project", "a.asw", bytes(4) + b"\x08\0\0\0Analysis Station File" + _NUMBERS)
_beginning("trivista", "a.tvf", b'<?xml version="1.0"?><XmlMain><Document><xDim Length="3"/>'
           b"</Document></XmlMain>")  # fmt: skip
_beginning("lif", "a.lif", b"\x70\0\0\0\x20\0\0\0\x2a\x0d\0\0\0<\0L\0M\0S\0" + _NUMBERS)
_beginning("nd2", "a.nd2", b"\xda\xce\xbe\x0a" + _NUMBERS)
_beginning("empad", "a.xml", b'<?xml version="1.0"?><root><raw_file filename="scan_x4_y3.raw"/>'
           b"<scan_parameters mode=\"acquire\"><scan_resolution_x>4</scan_resolution_x>"
           b"<scan_resolution_y>3</scan_resolution_y></scan_parameters></root>")  # fmt: skip
_beginning("jobin_yvon", "a.xml", b'<?xml version="1.0"?><LSX_Data><LSX_Tree><LSX Format="9" '
           b'ID="0x7CECDBD7"/></LSX_Tree><LSX_Matrix><LSX_Row>1 2 3</LSX_Row></LSX_Matrix>'
           b"</LSX_Data>")  # fmt: skip


def _tree(name, file, groups, **facts):
    def write(folder):
        with h5py.File(folder / file, "w") as opened:
            opened.attrs.update(facts)
            for place, values in groups.items():
                opened[place] = values
        return folder / file

    SEEDS[name] = write


_tree("tofwerk", "a.h5", {"FullSpectra/SumSpectrum": CUBE[0, 0], "PeakData/PeakData": CUBE[None],
                          "FIBParams/FIBImages/Image0000/Data": CUBE[0]},
      **{"TofDAQ Version": 1.99})  # fmt: skip
_tree("topspin", "a.app5", {"version": b"1.0", "abc/Data/0": CUBE[0], "abc/Metadata": b"<a/>"})
_tree("delmic", "a.h5", {"Acquisition0/ImageData/Image": CUBE[None, None],
                         "Acquisition0/SVIData/Company": b"Delmic"})  # fmt: skip


@seed
def arina(folder):
    with h5py.File(folder / "a_data_0.h5", "w") as file:
        file["entry/data/data"] = CUBE.astype(np.uint32)
    with h5py.File(folder / "a_master.h5", "w") as file:
        file["entry/data/data_0"] = h5py.ExternalLink("a_data_0.h5", "/entry/data/data")
    return folder / "a_master.h5"


@seed
def merlin_header(folder):
    SEEDS["merlin"](folder)
    (folder / "a.hdr").write_text("HDR,\nTime and Date Stamp:\t01/01/2020\nFrames:\t1\nEnd\t\n")
    return folder / "a.hdr"
