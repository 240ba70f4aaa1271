// The examples of the reference name the service as this browser reaches it.

const origin = new URL(".", document.baseURI).href.replace(/\/$/, "");
for (const each of document.querySelectorAll(".origin")) each.textContent = origin;
