"""Readers of the tomography family: volumes, stacks and the general containers."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="tiff",
        label="TIFF",
        patterns=(
            "*.tif", "*.tiff", "*.btf", "*.tf2", "*.tf8", "*.svs", "*.ndpi", "*.lsm", "*.stk",
        ),
        magic=((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
        read="tiepoint_tomography.tiff:read",
    ),
    ReaderSpec(
        name="hdf5",
        label="HDF5 and NeXus",
        patterns=("*.h5", "*.hdf5", "*.hdf", "*.he5", "*.nxs", "*.nx", "*.nx5", "*.nexus", "*.cxi"),
        sniff="tiepoint_tomography.hdf5:sniff",
        read="tiepoint_tomography.hdf5:read",
        priority=-5,
    ),
    ReaderSpec(
        name="ome-zarr",
        label="OME-Zarr",
        patterns=("*.zarr", "*.zarr.zip", "*.ozx", "*"),
        sniff="tiepoint_tomography.omezarr:sniff",
        read="tiepoint_tomography.omezarr:read",
        folders=True,
        priority=5,
    ),
    ReaderSpec(
        name="itk",
        label="MetaImage, NRRD, NIfTI and DICOM",
        patterns=("*.mha", "*.mhd", "*.nrrd", "*.nhdr", "*.nii", "*.nii.gz", "*.dcm"),
        read="tiepoint_tomography.itk:read",
    ),
    ReaderSpec(
        name="nifti pair",
        label="NIfTI pair",
        patterns=("*.hdr", "*.img"),
        sniff="tiepoint_tomography.itk_headers:is_nifti_pair",
        read="tiepoint_tomography.itk:read",
    ),
    ReaderSpec(
        name="dicom series",
        label="DICOM series",
        patterns=("*",),
        sniff="tiepoint_tomography.dicom:sniff",
        read="tiepoint_tomography.dicom:read",
        folders=True,
        priority=1,
    ),
    ReaderSpec(
        name="xradia",
        label="Zeiss Xradia",
        patterns=("*.txrm", "*.txm", "*.xrm"),
        magic=((0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),),
        read="tiepoint_tomography.xradia:read",
    ),
    ReaderSpec(
        name="numpy",
        label="NumPy array",
        patterns=("*.npy",),
        magic=((0, b"\x93NUMPY"),),
        read="tiepoint_tomography.npy:read",
    ),
    ReaderSpec(
        name="vgi",
        label="VGStudio volume",
        patterns=("*.vgi",),
        read="tiepoint_tomography.raw_volume:read_vgi",
    ),
    ReaderSpec(
        name="raw volume",
        label="Raw volume",
        patterns=("*.raw", "*.vol"),
        read="tiepoint_tomography.raw_volume:read",
        priority=-20,
    ),
    ReaderSpec(
        name="time log",
        label="Log against time",
        patterns=("*.csv", "*.tsv", "*.txt", "*.dat", "*.log"),
        sniff="tiepoint_tomography.time_log:sniff",
        read="tiepoint_tomography.time_log:read",
        priority=1,
    ),
    ReaderSpec(
        name="image folder",
        label="Folder of numbered images",
        patterns=("*",),
        sniff="tiepoint_tomography.folders:sniff",
        read="tiepoint_tomography.folders:read",
        folders=True,
        priority=-20,
    ),
)  # fmt: skip
