// A page that was opened and not run: have the notebook's own kernel make it live.

/** Whether a kernel stands behind the model, as far as this front end lets us know. */
export const isLive = async (model) => {
  const known = await model.widget_manager?.get_model?.(model.get("place"))?.catch?.(() => null);
  return known ? Boolean(known.comm_live) : true;
};

/** Run code that makes a widget of the model's name; gives its live model, or null where no kernel can. */
export const rouse = async (model, code) => {
  const { kernel } = model.widget_manager ?? {};
  if (!kernel?.requestExecute) return null;
  try {
    const future = kernel.requestExecute({ code, store_history: false, stop_on_error: false });
    await future.done;
    const live = await model.widget_manager.get_model(model.get("place"));
    return live.comm_live ? live : null;
  } catch {
    return null; // the kernel ended, or it is one without the course
  }
};
