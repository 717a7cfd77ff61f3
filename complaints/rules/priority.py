"""From the five criteria of the initial assessment to a priority (CM-8.3, domain brief 2.5)."""


def priority_for(
    *, severity: str, safety_hazard: str, impact: str, immediate_action: bool, emergency: bool
) -> str:
    """Return P0 to P3.

    severity: low | moderate | high | critical; safety_hazard: none | possible | actual;
    impact: one | several | many | public. Danger and emergencies come before everything.
    """
    if emergency or safety_hazard == "actual" or severity == "critical":
        return "P0"
    if severity == "high" or safety_hazard == "possible" or impact in {"many", "public"}:
        return "P1"
    if severity == "low" and impact == "one" and not immediate_action:
        return "P3"
    return "P2"
