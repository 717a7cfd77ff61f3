// Draws the description of the API. Tokens stay in this page and are forgotten with it.
const place = document.getElementById("api-docs");
window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
