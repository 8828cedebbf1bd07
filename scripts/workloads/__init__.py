"""Captures of any size to measure with: real nested TLS sessions in made-up TCP.

    pki         certificates of the names and forms that a CloudHSM's have, as /opt/cloudhsm/etc holds them
    sessions    one client's link to an HSM: TLS in TLS, as the bytes of each send
    frames      sends to Ethernet frames: TCP, UDP, VXLAN
    foreign     the other traffic of a busy host
    files       frames to pcap and pcapng
    shapes      the workloads: mixed, storm, bulk, many, tiny, jumbo, vxlan

    python -m scripts.workloads DIRECTORY mixed storm bulk [--scale 0.1]

The TLS is OpenSSL's, so its randoms, keys and signatures differ from run to run; the seed fixes all else.
"""
