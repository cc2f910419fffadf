"""The one screen after the start: where to look, who may sign in, how to stop."""

from .installation import Installation


def welcome_screen(installation: Installation, logins: str, *, seconds: float) -> str:
    """Return the screen's text; `logins` is what show_demonstration_logins printed, empty outside the demonstration."""
    ports = installation.ports
    lines = [
        "",
        f"Meridian is ready after {seconds:.0f} s.",
        "",
        f"  Web      {installation.web_address}/",
        f"  DICOM    port {ports['DIMSE_PORT']}, AE title MERIDIAN",
        f"  HL7      port {ports['HL7_PORT']} (MLLP)",
        f"  Logs     {installation.logs}",
        "",
    ]
    if logins.strip():
        lines += [*(f"  {line}".rstrip() for line in logins.strip().splitlines()), ""]
    if installation.http_host == "127.0.0.1":
        lines.append("  The web pages answer on this machine only; HTTP_HOST=0.0.0.0 opens them to others.")
    lines += ["  Ctrl-C stops everything.", ""]
    return "\n".join(lines)
