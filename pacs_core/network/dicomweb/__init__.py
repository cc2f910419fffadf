"""DICOMweb (PS3.18): search, retrieve and store for the viewer and for machines, under two roots.

`/dicom-web/` shows what the principal's hospitals hold; `/dicom-web/reading/<key>/` exactly the studies of one viewing
grant.
"""
