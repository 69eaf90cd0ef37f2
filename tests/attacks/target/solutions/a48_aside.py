# %% [markdown]
# # 48. A lesson aside, which the target does not build on: its solutions are nobody's business

# %%
ASIDE = "secret-of-the-lesson-aside"
