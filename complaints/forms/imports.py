"""What the import page takes in."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from complaints.errors import BadInput
from complaints.selectors.imports import shipped_maps
from complaints.services.importing import BadMap, read_map

OWN = "own"
MAX_MAP_BYTES = 256 * 1024


def _maps() -> list[tuple[str, Any]]:
    language = get_language() or ""
    shipped = [(code, item.names.of(language)) for code, item in shipped_maps().items()]
    return [(OWN, _("A map of my own")), *shipped]


class ImportForm(forms.Form):
    """A table and the map by which it is read."""

    file = forms.FileField(
        label=_("Table"),
        help_text=_("CSV, compressed CSV (.csv.gz) or an Excel workbook (.xlsx)."),
        widget=forms.FileInput(attrs={"accept": ".csv,.gz,.xlsx,.txt"}),
    )
    map = forms.ChoiceField(
        label=_("Map"),
        choices=_maps,
        help_text=_("It says which column is which field, and how dates are written."),
    )
    map_file = forms.FileField(
        label=_("Map of your own"),
        required=False,
        help_text=_("A YAML file. Take one of the maps below as a pattern."),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
    )
    dry_run = forms.BooleanField(
        label=_("Only try it: say what would happen, and write nothing"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Read the map; each of its faults is told at the field it came by."""
        data: dict[str, Any] = super().clean() or {}
        chosen = data.get("map")
        if chosen == OWN:
            data["mapping"] = self._own(data.get("map_file"))
        elif chosen:
            data["mapping"] = shipped_maps()[chosen].model_dump(mode="json", exclude_defaults=True)
        return data

    def _own(self, file: "UploadedFile[Any] | None") -> dict[str, Any] | None:
        if file is None:
            if "map_file" not in self.errors:
                self.add_error("map_file", _("Choose the file of your map."))
            return None
        try:
            return read_map(file.read(MAX_MAP_BYTES).decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.add_error("map_file", _("The file is not UTF-8 text."))
        except BadMap as error:
            self.tell(error)
        return None

    def tell(self, refusal: BadInput) -> None:
        """Put a refusal beside the field it is about."""
        field = "file"
        if refusal.field == "map":
            field = "map_file" if self.cleaned_data.get("map") == OWN else "map"
        if isinstance(refusal, BadMap):
            for place, why in refusal.faults:
                self.add_error(field, f"{place}: {why}" if place else str(why))
        else:
            self.add_error(field, str(refusal))
