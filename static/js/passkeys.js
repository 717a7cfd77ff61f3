// Passkeys: a form says what it needs, the browser asks the person, the answer is sent as the form.
//
// <form data-passkey="create|get" data-options="id of a json_script"> carries the options, or
// data-options-url says where they are fetched from; the input [name=credential] takes the answer.

const bytes = (text) => Uint8Array.from(
  atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.codePointAt(0),
);
const text = (buffer) => btoa(String.fromCodePoint(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const known = (list) => (list ?? []).map((item) => ({ ...item, id: bytes(item.id) }));

async function create({ publicKey: asked }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: known(asked.excludeCredentials),
    },
  });
  return {
    ...plain(made),
    response: {
      attestationObject: text(made.response.attestationObject),
      clientDataJSON: text(made.response.clientDataJSON),
      transports: made.response.getTransports?.() ?? [],
    },
  };
}

async function get({ publicKey: asked }) {
  const given = await navigator.credentials.get({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      allowCredentials: known(asked.allowCredentials),
    },
  });
  const { authenticatorData, clientDataJSON, signature, userHandle } = given.response;
  return {
    ...plain(given),
    response: {
      authenticatorData: text(authenticatorData),
      clientDataJSON: text(clientDataJSON),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
}

const plain = (credential) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? null,
  clientExtensionResults: credential.getClientExtensionResults(),
});

async function optionsOf(form) {
  if (form.dataset.options) {
    return JSON.parse(document.getElementById(form.dataset.options).textContent);
  }
  const answer = await fetch(form.dataset.optionsUrl, {
    headers: { "X-Requested-With": "XMLHttpRequest" },
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).request_options;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    form.querySelector("[data-passkey-missing]")?.removeAttribute("hidden");
    continue;
  }
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    const answer = form.querySelector("[name=credential]");
    event.preventDefault();
    event.stopImmediatePropagation();
    const failed = form.querySelector("[data-passkey-failed]");
    failed.hidden = true;
    try {
      const options = await optionsOf(form);
      const ceremony = form.dataset.passkey === "create" ? create : get;
      answer.value = JSON.stringify(await ceremony(options));
      form.submit();
    } catch {
      failed.hidden = false; // cancelled, timed out, or no key for this address
    }
  }, true);
}
