"""Evidence bundles: all that a decision rests on in one zip, recomputed offline by ``riskmap verify``.

::

    README.txt            what it is, how to check it without this product
    manifest.json         versions, conclusions, SHA-256 and size of every other file
    signature.json        Ed25519 signature of manifest.json, if a key was given
    subjects.geojson      the plots
    layers/SLUG.geojson   extracts of the layers; layers.json: digests of the whole layers, reach of the extracts
    extents.json          extent of each layer that the rules need: whether the plots lie among the data
    rasters/KIND.tif      extracts of the rasters, cell for cell
    rules/FOLDER/NAME     texts and tables of the rule packs; rules.json: order of reading, SHA-256 per rule
    versions.json         product and libraries
    findings.json         the result as published
    evidence.geojson      the lines of evidence
    maps/NNNN.svg, .png   map pictures of the first plots

The same input gives the same bytes: entries have no time, and no clock, host or user name gets in.
"""

from layers.bundles.signing import SIGNATURES, SignatureState
from layers.bundles.verifying import PARTS, BundleReport, Difference, verify_bundle
from layers.bundles.writing import write_bundle

__all__ = [
    "PARTS",
    "SIGNATURES",
    "BundleReport",
    "Difference",
    "SignatureState",
    "verify_bundle",
    "write_bundle",
]
