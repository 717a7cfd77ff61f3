"""Addresses of figures and early warning."""

from django.urls import URLPattern, path

from monitoring.views import (
    alerts,
    analyses,
    charts,
    dashboard,
    figure,
    own,
    paper,
    pivot,
    reports,
    settings,
    targets,
    trend,
    wording,
)

app_name = "monitoring"
urlpatterns: list[URLPattern] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("filters/", dashboard.filters, name="filters"),
    path("figures/", figure.catalogue, name="catalogue"),
    path("figures/export/", figure.export, name="export"),
    path("figures/<slug:code>/", figure.figure_page, name="figure"),
    path("figures/<slug:code>/trend/", trend.trend, name="trend"),
    path("charts/<slug:name>/", charts.chart, name="chart"),
    path("analysis/", pivot.analysis, name="analysis"),
    path("analysis/complaints/", pivot.analysis_complaints, name="analysis_complaints"),
    path("analysis/export/", pivot.analysis_export, name="analysis_export"),
    path("analysis/words/", wording.words, name="words"),
    path("analysis/words/complaints/", wording.words_complaints, name="words_complaints"),
    path("analysis/kept/", analyses.analyses, name="analyses"),
    path("analysis/kept/<int:pk>/", analyses.analysis_kept, name="analysis_kept"),
    path("analysis/kept/<int:pk>/delete/", analyses.analysis_delete, name="analysis_delete"),
    path("charts/<slug:name>/paper/", paper.chart_paper, name="chart_paper"),
    path("paper/", paper.board_paper, name="board_paper"),
    path("reports/", reports.reports, name="reports"),
    path("reports/<str:month>/", reports.report, name="report"),
    path("reports/<str:month>/file/", reports.report_file, name="report_file"),
    path("workload/", own.own_workload, name="workload"),
    path("targets/", targets.targets, name="targets"),
    path("targets/<int:pk>/end/", targets.target_end, name="target_end"),
]

# Beside figures, at an address of its own.
warning_patterns = (
    [
        path("", alerts.alerts, name="alerts"),
        path("summary/", alerts.digest, name="digest"),
        path("settings/", settings.settings, name="settings"),
        path("settings/preview/", settings.preview, name="preview"),
        path("settings/exposure/", settings.exposure, name="exposure"),
        path("<str:reference>/", alerts.alert, name="alert"),
        path("<str:reference>/words/", wording.alert_words, name="words"),
        path("<str:reference>/<str:act>/", alerts.act, name="act"),
    ],
    "warnings",
)
